//go:build !noasm

#include "textflag.h"
#include "neon_arm64.h"
#include "gemvsums_arm64.h"

// ROWS adds the products of four rows, eight columns: two of 16 bits fit 16.
#define ROWS(w, v, lo, hi) \
	SMULL8H(20, w, 28); \
	SMULL2_8H(20, w, 29); \
	SMLAL8H(21, v, 28); \
	SMLAL2_8H(21, v, 29); \
	SADALP4S(28, lo); \
	SADALP4S(29, hi)

// STEPS takes eight columns of sixteen rows.
#define STEPS \
	VLD1R.P 4(R9), [V20.S4]; \
	VLD1R.P 4(R9), [V21.S4]; \
	VLD1.P 64(R2), [V16.B16, V17.B16, V18.B16, V19.B16]; \
	VLD1.P 64(R2), [V24.B16, V25.B16, V26.B16, V27.B16]; \
	ROWS(16, 24, 0, 1); \
	ROWS(17, 25, 2, 3); \
	ROWS(18, 26, 4, 5); \
	ROWS(19, 27, 6, 7)

#define SUMS \
	ZERO; \
	STEPS; \
	STEPS; \
	STEPS; \
	STEPS; \
	PAIRS

#define CONSTANTS 

// 135 instructions for the 512 weights of a block, kept or not.
//
// func gemvQ8NEON(dst *float32, values, index *byte, scales *uint16, q *int8, xs *float32, panels, blocks int)
TEXT ·gemvQ8NEON(SB), NOSPLIT, $0-64
#include "gemvpanel_arm64.h"
