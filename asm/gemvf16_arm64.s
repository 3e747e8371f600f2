//go:build !noasm

#include "textflag.h"
#include "neon_arm64.h"
#include "gemvsums_arm64.h"

#define LOAD \
	VLD1.P 32(R2), [V24.H8, V25.H8]; \
	FCVTL4S(24, 16); \
	FCVTL2_4S(24, 17); \
	FCVTL4S(25, 18); \
	FCVTL2_4S(25, 19)

// func gemvF16NEON(dst *float32, w *byte, x *float32, rows, cols, tail int)
TEXT ·gemvF16NEON(SB), NOSPLIT, $0-48
#include "gemvdense_arm64.h"
