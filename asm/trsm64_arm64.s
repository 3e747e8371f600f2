//go:build !noasm

#include "textflag.h"
#include "neon_arm64.h"

// Row i of X is in V(8+4i) and the three after it, a column of T in V0..V2.

// SOLVE fetches column l of T and divides row l of X by its diagonal.
#define SOLVE(l) \
	VLD1.P (R1)(R4), [V0.D2, V1.D2, V2.D2]; \
	FMUL2DX(0, l, 8+4*l, 8+4*l); /* 1 / T[l][l] */ \
	FMUL2DX(0, l, 9+4*l, 9+4*l); \
	FMUL2DX(0, l, 10+4*l, 10+4*l); \
	FMUL2DX(0, l, 11+4*l, 11+4*l)

// TAKE subtracts T[i][l] times row l from row i.
#define TAKE(i, l) \
	FMLS2DX(0, i, 8+4*l, 8+4*i); \
	FMLS2DX(0, i, 9+4*l, 9+4*i); \
	FMLS2DX(0, i, 10+4*l, 10+4*i); \
	FMLS2DX(0, i, 11+4*l, 11+4*i)

// func trsm64(t *float64, ts int, x *float64, ld int)
TEXT ·trsm64(SB), NOSPLIT, $0-32
	MOVD t+0(FP), R1
	MOVD ts+8(FP), R4
	MOVD x+16(FP), R2
	MOVD ld+24(FP), R5
	LSL  $3, R4, R4             // strides in bytes
	LSL  $3, R5, R5
	MOVD R2, R3
	VLD1.P (R2)(R5), [V8.D2, V9.D2, V10.D2, V11.D2]
	VLD1.P (R2)(R5), [V12.D2, V13.D2, V14.D2, V15.D2]
	VLD1.P (R2)(R5), [V16.D2, V17.D2, V18.D2, V19.D2]
	VLD1.P (R2)(R5), [V20.D2, V21.D2, V22.D2, V23.D2]
	VLD1.P (R2)(R5), [V24.D2, V25.D2, V26.D2, V27.D2]
	VLD1.P (R2)(R5), [V28.D2, V29.D2, V30.D2, V31.D2]

	SOLVE(0)
	TAKE(1, 0)
	TAKE(2, 0)
	TAKE(3, 0)
	TAKE(4, 0)
	TAKE(5, 0)
	SOLVE(1)
	TAKE(2, 1)
	TAKE(3, 1)
	TAKE(4, 1)
	TAKE(5, 1)
	SOLVE(2)
	TAKE(3, 2)
	TAKE(4, 2)
	TAKE(5, 2)
	SOLVE(3)
	TAKE(4, 3)
	TAKE(5, 3)
	SOLVE(4)
	TAKE(5, 4)
	SOLVE(5)

	VST1.P [V8.D2, V9.D2, V10.D2, V11.D2], (R3)(R5)
	VST1.P [V12.D2, V13.D2, V14.D2, V15.D2], (R3)(R5)
	VST1.P [V16.D2, V17.D2, V18.D2, V19.D2], (R3)(R5)
	VST1.P [V20.D2, V21.D2, V22.D2, V23.D2], (R3)(R5)
	VST1.P [V24.D2, V25.D2, V26.D2, V27.D2], (R3)(R5)
	VST1.P [V28.D2, V29.D2, V30.D2, V31.D2], (R3)(R5)
	RET
