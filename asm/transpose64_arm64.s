//go:build !noasm

#include "textflag.h"

// func transpose2NEON(dst *float64, w int, src *float64, ld, k int)
TEXT ·transpose2NEON(SB), NOSPLIT, $0-40
	MOVD dst+0(FP), R0
	MOVD w+8(FP), R4
	MOVD src+16(FP), R1
	MOVD ld+24(FP), R5
	MOVD k+32(FP), R6
	LSL  $3, R4, R4          // strides in bytes
	LSL  $3, R5, R5
	LSR  $1, R6, R6          // squares
	ADD  R5, R1, R2          // row 1

square:
	VLD1.P 16(R1), [V0.D2]
	VLD1.P 16(R2), [V1.D2]
	VZIP1  V1.D2, V0.D2, V2.D2 // column 0
	VZIP2  V1.D2, V0.D2, V3.D2 // column 1
	VST1.P [V2.D2], (R0)(R4)
	VST1.P [V3.D2], (R0)(R4)
	SUBS   $1, R6
	BNE    square
	RET
