//go:build !noasm

#include "textflag.h"

// func transpose4NEON(dst *float32, w int, src *float32, ld, k int)
TEXT ·transpose4NEON(SB), NOSPLIT, $0-40
	MOVD dst+0(FP), R0
	MOVD w+8(FP), R4
	MOVD src+16(FP), R1
	MOVD ld+24(FP), R5
	MOVD k+32(FP), R6
	LSL  $2, R4, R4          // strides in bytes
	LSL  $2, R5, R5
	LSR  $2, R6, R6          // squares
	ADD  R5, R1, R2          // row 1
	ADD  R5, R2, R3          // row 2
	ADD  R5, R3, R7          // row 3

square:
	VLD1.P 16(R1), [V0.S4]
	VLD1.P 16(R2), [V1.S4]
	VLD1.P 16(R3), [V2.S4]
	VLD1.P 16(R7), [V3.S4]
	VZIP1  V2.S4, V0.S4, V4.S4 // r0[0] r2[0] r0[1] r2[1]
	VZIP2  V2.S4, V0.S4, V5.S4 // r0[2] r2[2] r0[3] r2[3]
	VZIP1  V3.S4, V1.S4, V6.S4 // r1[0] r3[0] r1[1] r3[1]
	VZIP2  V3.S4, V1.S4, V7.S4 // r1[2] r3[2] r1[3] r3[3]
	VZIP1  V6.S4, V4.S4, V0.S4 // column 0
	VZIP2  V6.S4, V4.S4, V1.S4 // column 1
	VZIP1  V7.S4, V5.S4, V2.S4 // column 2
	VZIP2  V7.S4, V5.S4, V3.S4 // column 3
	VST1.P [V0.S4], (R0)(R4)
	VST1.P [V1.S4], (R0)(R4)
	VST1.P [V2.S4], (R0)(R4)
	VST1.P [V3.S4], (R0)(R4)
	SUBS   $1, R6
	BNE    square
	RET
