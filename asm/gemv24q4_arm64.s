//go:build !noasm

#include "textflag.h"
#include "neon_arm64.h"
#include "gemvsums_arm64.h"
#include "gemv24_arm64.h"

// HALVES makes the lower and the upper halves of w weights, in V25 and V26.
#define HALVES(w) \
	VAND  V27.B16, w.B16, V25.B16; \
	VUSHR $4, w.B16, V26.B16; \
	VSUB  V29.B16, V25.B16, V25.B16; \
	VSUB  V29.B16, V26.B16, V26.B16

// PRODUCTS adds w's to those of four rows: those of a block fit 16 bits.
#define PRODUCTS(w, lo, hi) \
	SMLAL8H(24, w, lo); \
	SMLAL2_8H(24, w, hi)

// LOAD takes the activations of two steps, sixteen columns.
#define LOAD \
	VLD1R.P 8(R9), [V17.D2]; \
	VLD1R.P 8(R9), [V18.D2]

#define FIRST(i, lo, hi) \
	VLD1.P 16(R2), [V16.B16]; \
	HALVES(V16); \
	CONTROL0(i, V17); \
	PRODUCTS(25, lo, hi); \
	CONTROL(2, i, V18); \
	PRODUCTS(26, lo, hi)

#define SECOND(i, lo, hi) \
	VLD1.P 16(R2), [V16.B16]; \
	HALVES(V16); \
	CONTROL(4, i, V17); \
	PRODUCTS(25, lo, hi); \
	CONTROL(6, i, V18); \
	PRODUCTS(26, lo, hi)

#define SUMS \
	VLD1.P 64(R3), [V20.B16, V21.B16, V22.B16, V23.B16]; \
	ZERO; \
	LOAD; \
	FIRST(V20, 0, 1); \
	FIRST(V21, 2, 3); \
	FIRST(V22, 4, 5); \
	FIRST(V23, 6, 7); \
	LOAD; \
	SECOND(V20, 0, 1); \
	SECOND(V21, 2, 3); \
	SECOND(V22, 4, 5); \
	SECOND(V23, 6, 7); \
	WIDEN; \
	PAIRS

#define CONSTANTS \
	VMOVI $3, V30.B16; /* the bits of a position */ \
	VMOVI $15, V27.B16; \
	VMOVI $8, V29.B16; \
	MOVD  $0x0404000004040000, R0; \
	VDUP  R0, V31.D2 // the second two are of columns 4..7

// 168 instructions for the 512 weights of a block, kept or not.
//
// func gemv24Q4NEON(dst *float32, values, index *byte, scales *uint16, q *int8, xs *float32, panels, blocks int)
TEXT ·gemv24Q4NEON(SB), NOSPLIT, $0-64
#include "gemvpanel_arm64.h"
