//go:build !noasm

#include "textflag.h"
#include "neon_arm64.h"

// Row i of X is in V(8+3i) and the two after it, a column of T in V0..V1.

// SOLVE fetches column l of T and divides row l of X by its diagonal.
#define SOLVE(l) \
	VLD1.P (R1)(R4), [V0.S4, V1.S4]; \
	FMUL4SX(0, l, 8+3*l, 8+3*l); /* 1 / T[l][l] */ \
	FMUL4SX(0, l, 9+3*l, 9+3*l); \
	FMUL4SX(0, l, 10+3*l, 10+3*l)

// TAKE subtracts T[i][l] times row l from row i.
#define TAKE(i, l) \
	FMLS4SX(0, i, 8+3*l, 8+3*i); \
	FMLS4SX(0, i, 9+3*l, 9+3*i); \
	FMLS4SX(0, i, 10+3*l, 10+3*i)

// func trsm32(t *float32, ts int, x *float32, ld int)
TEXT ·trsm32(SB), NOSPLIT, $0-32
	MOVD t+0(FP), R1
	MOVD ts+8(FP), R4
	MOVD x+16(FP), R2
	MOVD ld+24(FP), R5
	LSL  $2, R4, R4             // strides in bytes
	LSL  $2, R5, R5
	MOVD R2, R3
	VLD1.P (R2)(R5), [V8.S4, V9.S4, V10.S4]
	VLD1.P (R2)(R5), [V11.S4, V12.S4, V13.S4]
	VLD1.P (R2)(R5), [V14.S4, V15.S4, V16.S4]
	VLD1.P (R2)(R5), [V17.S4, V18.S4, V19.S4]
	VLD1.P (R2)(R5), [V20.S4, V21.S4, V22.S4]
	VLD1.P (R2)(R5), [V23.S4, V24.S4, V25.S4]
	VLD1.P (R2)(R5), [V26.S4, V27.S4, V28.S4]
	VLD1.P (R2)(R5), [V29.S4, V30.S4, V31.S4]

	SOLVE(0)
	TAKE(1, 0)
	TAKE(2, 0)
	TAKE(3, 0)
	TAKE(4, 0)
	TAKE(5, 0)
	TAKE(6, 0)
	TAKE(7, 0)
	SOLVE(1)
	TAKE(2, 1)
	TAKE(3, 1)
	TAKE(4, 1)
	TAKE(5, 1)
	TAKE(6, 1)
	TAKE(7, 1)
	SOLVE(2)
	TAKE(3, 2)
	TAKE(4, 2)
	TAKE(5, 2)
	TAKE(6, 2)
	TAKE(7, 2)
	SOLVE(3)
	TAKE(4, 3)
	TAKE(5, 3)
	TAKE(6, 3)
	TAKE(7, 3)
	SOLVE(4)
	TAKE(5, 4)
	TAKE(6, 4)
	TAKE(7, 4)
	SOLVE(5)
	TAKE(6, 5)
	TAKE(7, 5)
	SOLVE(6)
	TAKE(7, 6)
	SOLVE(7)

	VST1.P [V8.S4, V9.S4, V10.S4], (R3)(R5)
	VST1.P [V11.S4, V12.S4, V13.S4], (R3)(R5)
	VST1.P [V14.S4, V15.S4, V16.S4], (R3)(R5)
	VST1.P [V17.S4, V18.S4, V19.S4], (R3)(R5)
	VST1.P [V20.S4, V21.S4, V22.S4], (R3)(R5)
	VST1.P [V23.S4, V24.S4, V25.S4], (R3)(R5)
	VST1.P [V26.S4, V27.S4, V28.S4], (R3)(R5)
	VST1.P [V29.S4, V30.S4, V31.S4], (R3)(R5)
	RET
