//go:build !noasm

#include "textflag.h"
#include "neon_arm64.h"

// Row i of X is in V(8+3i) and the two after it. Rows are put to memory as
// soon as they are done, and the pivots come back from there.

// PIVOT divides row l, in x to z, by the root of its diagonal, or leaves if it
// has none.
#define PIVOT(l, x, y, z) \
	MOVD   $l, R7; \
	VST1   [x.S4, y.S4, z.S4], (R3); \
	FMOVS  (l*4)(R3), F0; /* d = x[l*ld+l] */ \
	FCMPS  $(0.0), F0; \
	BLE    failed; /* not d > 0, or a NaN */ \
	BVS    failed; \
	FCMPS  F2, F0; \
	BEQ    failed; \
	FSQRTS F0, F0; \
	FDIVS  F0, F1, F3; /* 1 / sqrt(d) */ \
	FMUL4SX(3, 0, 8+3*l, 8+3*l); \
	FMUL4SX(3, 0, 9+3*l, 9+3*l); \
	FMUL4SX(3, 0, 10+3*l, 10+3*l); \
	VST1   [x.S4, y.S4, z.S4], (R3); \
	FMOVS  F0, (l*4)(R3); /* the root itself, without a second rounding */ \
	ADD    R5, R3

// TAKE subtracts x[l*ld+i] times row l from row i.
#define TAKE(i, l) \
	FMLS4SX(8+3*l, i, 8+3*l, 8+3*i); \
	FMLS4SX(8+3*l, i, 9+3*l, 9+3*i); \
	FMLS4SX(8+3*l, i, 10+3*l, 10+3*i)

// func potrf32(x *float32, ld int) int
TEXT ·potrf32(SB), NOSPLIT, $0-24
	MOVD   x+0(FP), R2
	MOVD   ld+8(FP), R5
	LSL    $2, R5, R5           // stride in bytes
	MOVD   R2, R3
	FMOVS  $(1.0), F1
	MOVW   $0x7f800000, R6
	FMOVS  R6, F2               // infinity
	VLD1.P (R2)(R5), [V8.S4, V9.S4, V10.S4]
	VLD1.P (R2)(R5), [V11.S4, V12.S4, V13.S4]
	VLD1.P (R2)(R5), [V14.S4, V15.S4, V16.S4]
	VLD1.P (R2)(R5), [V17.S4, V18.S4, V19.S4]
	VLD1.P (R2)(R5), [V20.S4, V21.S4, V22.S4]
	VLD1.P (R2)(R5), [V23.S4, V24.S4, V25.S4]
	VLD1.P (R2)(R5), [V26.S4, V27.S4, V28.S4]
	VLD1.P (R2)(R5), [V29.S4, V30.S4, V31.S4]

	PIVOT(0, V8, V9, V10)
	TAKE(1, 0)
	TAKE(2, 0)
	TAKE(3, 0)
	TAKE(4, 0)
	TAKE(5, 0)
	TAKE(6, 0)
	TAKE(7, 0)
	PIVOT(1, V11, V12, V13)
	TAKE(2, 1)
	TAKE(3, 1)
	TAKE(4, 1)
	TAKE(5, 1)
	TAKE(6, 1)
	TAKE(7, 1)
	PIVOT(2, V14, V15, V16)
	TAKE(3, 2)
	TAKE(4, 2)
	TAKE(5, 2)
	TAKE(6, 2)
	TAKE(7, 2)
	PIVOT(3, V17, V18, V19)
	TAKE(4, 3)
	TAKE(5, 3)
	TAKE(6, 3)
	TAKE(7, 3)
	PIVOT(4, V20, V21, V22)
	TAKE(5, 4)
	TAKE(6, 4)
	TAKE(7, 4)
	PIVOT(5, V23, V24, V25)
	TAKE(6, 5)
	TAKE(7, 5)
	PIVOT(6, V26, V27, V28)
	TAKE(7, 6)
	PIVOT(7, V29, V30, V31)
	MOVD $-1, R7

failed:
	MOVD R7, ret+16(FP)
	RET
