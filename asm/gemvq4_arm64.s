//go:build !noasm

#include "textflag.h"
#include "neon_arm64.h"
#include "gemvsums_arm64.h"

// HALVES makes the lower and the upper halves of w weights, in V25 and V26.
#define HALVES(w) \
	VAND  V30.B16, w.B16, V25.B16; \
	VUSHR $4, w.B16, V26.B16; \
	VSUB  V31.B16, V25.B16, V25.B16; \
	VSUB  V31.B16, V26.B16, V26.B16

// ROWS adds the products of four rows, eight columns: those of a block fit 16 bits.
#define ROWS(w, lo, hi) \
	HALVES(w); \
	SMLAL8H(20, 25, lo); \
	SMLAL2_8H(20, 25, hi); \
	SMLAL8H(21, 26, lo); \
	SMLAL2_8H(21, 26, hi)

#define STEPS \
	VLD1R.P 4(R9), [V20.S4]; \
	VLD1R.P 4(R9), [V21.S4]; \
	VLD1.P 64(R2), [V16.B16, V17.B16, V18.B16, V19.B16]; \
	ROWS(V16, 0, 1); \
	ROWS(V17, 2, 3); \
	ROWS(V18, 4, 5); \
	ROWS(V19, 6, 7)

#define SUMS \
	ZERO; \
	STEPS; \
	STEPS; \
	STEPS; \
	STEPS; \
	WIDEN; \
	PAIRS

#define CONSTANTS \
	VMOVI $15, V30.B16; \
	VMOVI $8, V31.B16

// 171 instructions for the 512 weights of a block, kept or not.
//
// func gemvQ4NEON(dst *float32, values, index *byte, scales *uint16, q *int8, xs *float32, panels, blocks int)
TEXT ·gemvQ4NEON(SB), NOSPLIT, $0-64
#include "gemvpanel_arm64.h"
