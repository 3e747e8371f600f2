//go:build !noasm

#include "textflag.h"

#define V0 Z0
#define V1 Z1
#define V2 Z2
#define V3 Z3
#define V4 Z4
#define V5 Z5
#define V6 Z6
#define V7 Z7
#define V8 Z8
#define V9 Z9
#define V10 Z10
#define V11 Z11
#define V12 Z12
#define V13 Z13
#define V14 Z14
#define V15 Z15

#include "exp_amd64.h"

// func expSumAVX512(sum *laneSums, dst, x *float32, n int, top float32)
TEXT ·expSumAVX512(SB), NOSPLIT, $0-36
	MOVQ         sum+0(FP), DX
	MOVQ         dst+8(FP), DI
	MOVQ         x+16(FP), SI
	MOVQ         n+24(FP), CX
	VBROADCASTSS top+32(FP), Z15
	VMOVUPS      (DX), Z8

loop:
	VMOVUPS (SI), Z0
	VSUBPS  Z15, Z0, Z0              // x - top
	EXP(Z0, Z1, Z2, Z3)
	VMOVUPS Z0, (DI)
	VADDPS  Z0, Z8, Z8
	ADDQ    $64, SI
	ADDQ    $64, DI
	SUBQ    $16, CX
	JNZ     loop
	VMOVUPS Z8, (DX)
	VZEROUPPER
	RET

// func swiGLUAVX512(dst, gate, up *float32, n int)
TEXT ·swiGLUAVX512(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ gate+8(FP), SI
	MOVQ up+16(FP), DX
	MOVQ n+24(FP), CX

loop:
	VMOVUPS (SI), V0
	SILU(V0, V1, V2, V3, V4)
	VMULPS  (DX), V1, V1             // silu(gate) * up
	VMOVUPS V1, (DI)
	ADDQ    $64, SI
	ADDQ    $64, DX
	ADDQ    $64, DI
	SUBQ    $16, CX
	JNZ     loop
	VZEROUPPER
	RET
