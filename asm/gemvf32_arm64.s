//go:build !noasm

#include "textflag.h"
#include "neon_arm64.h"
#include "gemvsums_arm64.h"

#define LOAD VLD1.P 64(R2), [V16.S4, V17.S4, V18.S4, V19.S4]

// func gemvF32NEON(dst *float32, w *byte, x *float32, rows, cols, tail int)
TEXT ·gemvF32NEON(SB), NOSPLIT, $0-48
#include "gemvdense_arm64.h"
