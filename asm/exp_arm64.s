//go:build !noasm

#include "textflag.h"
#include "exp_arm64.h"

// func maxLanes(top *laneSums, x *float32, n int)
TEXT ·maxLanes(SB), NOSPLIT, $0-24
	MOVD top+0(FP), R1
	MOVD x+8(FP), R2
	MOVD n+16(FP), R3
	VLD1 (R1), [V0.S4, V1.S4, V2.S4, V3.S4]

loop:
	VLD1.P 64(R2), [V4.S4, V5.S4, V6.S4, V7.S4]
	FCMGT4S(0, 4, 8)
	VBIT   V8.B16, V4.B16, V0.B16 // top = x where x > top
	FCMGT4S(1, 5, 9)
	VBIT   V9.B16, V5.B16, V1.B16
	FCMGT4S(2, 6, 10)
	VBIT   V10.B16, V6.B16, V2.B16
	FCMGT4S(3, 7, 11)
	VBIT   V11.B16, V7.B16, V3.B16
	SUBS   $16, R3
	BNE    loop
	VST1   [V0.S4, V1.S4, V2.S4, V3.S4], (R1)
	RET

// func expSum(sum *laneSums, dst, x *float32, n int, top float32)
TEXT ·expSum(SB), NOSPLIT, $0-36
	LOAD
	MOVD  sum+0(FP), R1
	MOVD  dst+8(FP), R2
	MOVD  x+16(FP), R3
	MOVD  n+24(FP), R4
	MOVWU top+32(FP), R5
	VLD1  (R1), [V4.S4, V5.S4, V6.S4, V7.S4]
	VDUP  R5, V15.S4

loop:
	VLD1.P 64(R3), [V0.S4, V1.S4, V2.S4, V3.S4]
	FSUB4S(15, 0, 0)         // x - top
	FSUB4S(15, 1, 1)
	FSUB4S(15, 2, 2)
	FSUB4S(15, 3, 3)
	EXP(0, 8, 9, 10)
	EXP(1, 11, 12, 13)
	EXP(2, 8, 9, 10)
	EXP(3, 11, 12, 13)
	FADD4S(0, 4, 4)
	FADD4S(1, 5, 5)
	FADD4S(2, 6, 6)
	FADD4S(3, 7, 7)
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R2)
	SUBS   $16, R4
	BNE    loop
	VST1   [V4.S4, V5.S4, V6.S4, V7.S4], (R1)
	RET

// func scale(a float32, x *float32, n int)
TEXT ·scale(SB), NOSPLIT, $0-24
	MOVWU a+0(FP), R0
	MOVD  x+8(FP), R1
	MOVD  n+16(FP), R2
	VDUP  R0, V4.S4

loop:
	VLD1   (R1), [V0.S4, V1.S4, V2.S4, V3.S4]
	FMUL4S(4, 0, 0)
	FMUL4S(4, 1, 1)
	FMUL4S(4, 2, 2)
	FMUL4S(4, 3, 3)
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R1)
	SUBS   $16, R2
	BNE    loop
	RET

// func swiGLU(dst, gate, up *float32, n int)
TEXT ·swiGLU(SB), NOSPLIT, $0-32
	LOAD
	MOVD dst+0(FP), R1
	MOVD gate+8(FP), R2
	MOVD up+16(FP), R3
	MOVD n+24(FP), R4

loop:
	VLD1.P 16(R2), [V0.S4]
	SILU(0, 1, 2, 3, 4)
	VLD1.P 16(R3), [V5.S4]
	FMUL4S(5, 1, 1)          // silu(gate) * up
	VST1.P [V1.S4], 16(R1)
	SUBS   $4, R4
	BNE    loop
	RET
