//go:build !noasm

#include "textflag.h"
#include "neon_arm64.h"

// Row i of X is in V(8+4i) and the three after it. Rows are put to memory as
// soon as they are done, and the pivots come back from there.

// PIVOT divides row l, in x to w, by the root of its diagonal, or leaves if it
// has none.
#define PIVOT(l, x, y, z, w) \
	MOVD   $l, R7; \
	VST1   [x.D2, y.D2, z.D2, w.D2], (R3); \
	FMOVD  (l*8)(R3), F0; /* d = x[l*ld+l] */ \
	FCMPD  $(0.0), F0; \
	BLE    failed; /* not d > 0, or a NaN */ \
	BVS    failed; \
	FCMPD  F2, F0; \
	BEQ    failed; \
	FSQRTD F0, F0; \
	FDIVD  F0, F1, F3; /* 1 / sqrt(d) */ \
	FMUL2DX(3, 0, 8+4*l, 8+4*l); \
	FMUL2DX(3, 0, 9+4*l, 9+4*l); \
	FMUL2DX(3, 0, 10+4*l, 10+4*l); \
	FMUL2DX(3, 0, 11+4*l, 11+4*l); \
	VST1   [x.D2, y.D2, z.D2, w.D2], (R3); \
	FMOVD  F0, (l*8)(R3); /* the root itself, without a second rounding */ \
	ADD    R5, R3

// TAKE subtracts x[l*ld+i] times row l from row i.
#define TAKE(i, l) \
	FMLS2DX(8+4*l, i, 8+4*l, 8+4*i); \
	FMLS2DX(8+4*l, i, 9+4*l, 9+4*i); \
	FMLS2DX(8+4*l, i, 10+4*l, 10+4*i); \
	FMLS2DX(8+4*l, i, 11+4*l, 11+4*i)

// func potrf64(x *float64, ld int) int
TEXT ·potrf64(SB), NOSPLIT, $0-24
	MOVD   x+0(FP), R2
	MOVD   ld+8(FP), R5
	LSL    $3, R5, R5           // stride in bytes
	MOVD   R2, R3
	FMOVD  $(1.0), F1
	MOVD   $0x7ff0000000000000, R6
	FMOVD  R6, F2               // infinity
	VLD1.P (R2)(R5), [V8.D2, V9.D2, V10.D2, V11.D2]
	VLD1.P (R2)(R5), [V12.D2, V13.D2, V14.D2, V15.D2]
	VLD1.P (R2)(R5), [V16.D2, V17.D2, V18.D2, V19.D2]
	VLD1.P (R2)(R5), [V20.D2, V21.D2, V22.D2, V23.D2]
	VLD1.P (R2)(R5), [V24.D2, V25.D2, V26.D2, V27.D2]
	VLD1.P (R2)(R5), [V28.D2, V29.D2, V30.D2, V31.D2]

	PIVOT(0, V8, V9, V10, V11)
	TAKE(1, 0)
	TAKE(2, 0)
	TAKE(3, 0)
	TAKE(4, 0)
	TAKE(5, 0)
	PIVOT(1, V12, V13, V14, V15)
	TAKE(2, 1)
	TAKE(3, 1)
	TAKE(4, 1)
	TAKE(5, 1)
	PIVOT(2, V16, V17, V18, V19)
	TAKE(3, 2)
	TAKE(4, 2)
	TAKE(5, 2)
	PIVOT(3, V20, V21, V22, V23)
	TAKE(4, 3)
	TAKE(5, 3)
	PIVOT(4, V24, V25, V26, V27)
	TAKE(5, 4)
	PIVOT(5, V28, V29, V30, V31)
	MOVD $-1, R7

failed:
	MOVD R7, ret+16(FP)
	RET
