//go:build !noasm

#include "textflag.h"
#include "neon_arm64.h"
#include "gemvsums_arm64.h"

#define LOAD \
	VLD1.P 32(R2), [V24.H8, V25.H8]; \
	VZIP1 V24.H8, V31.H8, V16.H8; /* zeros below */ \
	VZIP2 V24.H8, V31.H8, V17.H8; \
	VZIP1 V25.H8, V31.H8, V18.H8; \
	VZIP2 V25.H8, V31.H8, V19.H8

// func gemvBF16NEON(dst *float32, w *byte, x *float32, rows, cols, tail int)
TEXT ·gemvBF16NEON(SB), NOSPLIT, $0-48
#include "gemvdense_arm64.h"
