//go:build !noasm

#include "textflag.h"
#include "neon_arm64.h"
#include "gemvsums_arm64.h"
#include "gemv24_arm64.h"

// FIRST and SECOND add the products of four rows and two steps: two of 16 bits fit
// 16. The second step's weights are at R14.
#define FIRST(w) \
	SMULL8H(24, w, 25); \
	SMULL2_8H(24, w, 26)

#define SECOND(lo, hi) \
	VLD1.P 16(R14), [V27.B16]; \
	SMLAL8H(24, 27, 25); \
	SMLAL2_8H(24, 27, 26); \
	SADALP4S(25, lo); \
	SADALP4S(26, hi)

// LOAD takes the weights and activations of two steps, sixteen columns.
#define LOAD \
	VLD1.P 64(R2), [V16.B16, V17.B16, V18.B16, V19.B16]; \
	MOVD R2, R14; \
	ADD $64, R2; \
	VLD1R.P 8(R9), [V29.D2]; \
	VLD1R.P 8(R9), [V28.D2]

#define SUMS \
	VLD1.P 64(R3), [V20.B16, V21.B16, V22.B16, V23.B16]; \
	ZERO; \
	LOAD; \
	CONTROL0(V20, V29); FIRST(16); CONTROL(2, V20, V28); SECOND(0, 1); \
	CONTROL0(V21, V29); FIRST(17); CONTROL(2, V21, V28); SECOND(2, 3); \
	CONTROL0(V22, V29); FIRST(18); CONTROL(2, V22, V28); SECOND(4, 5); \
	CONTROL0(V23, V29); FIRST(19); CONTROL(2, V23, V28); SECOND(6, 7); \
	LOAD; \
	CONTROL(4, V20, V29); FIRST(16); CONTROL(6, V20, V28); SECOND(0, 1); \
	CONTROL(4, V21, V29); FIRST(17); CONTROL(6, V21, V28); SECOND(2, 3); \
	CONTROL(4, V22, V29); FIRST(18); CONTROL(6, V22, V28); SECOND(4, 5); \
	CONTROL(4, V23, V29); FIRST(19); CONTROL(6, V23, V28); SECOND(6, 7); \
	PAIRS

#define CONSTANTS \
	VMOVI $3, V30.B16; /* the bits of a position */ \
	MOVD  $0x0404000004040000, R0; \
	VDUP  R0, V31.D2 // the second two are of columns 4..7

// 150 instructions for the 512 weights of a block, kept or not.
//
// func gemv24Q8NEON(dst *float32, values, index *byte, scales *uint16, q *int8, xs *float32, panels, blocks int)
TEXT ·gemv24Q8NEON(SB), NOSPLIT, $0-64
#include "gemvpanel_arm64.h"
