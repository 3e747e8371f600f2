//go:build !noasm

#include "textflag.h"

// FOUR adds a[i:i+4]·b[i:i+4] to four sums.
#define FOUR(i, s) \
	VCVTPS2PD   (i*4)(SI), Y8; /* a[i:i+4] */ \
	VCVTPS2PD   (i*4)(DI), Y9; /* b[i:i+4] */ \
	VFMADD231PD Y8, Y9, s // s[i:i+4] += a * b

// func dotAVX2(s *[dotSums]float64, a, b *float32, n int)
TEXT ·dotAVX2(SB), NOSPLIT, $0-32
	MOVQ s+0(FP), DX
	MOVQ a+8(FP), SI
	MOVQ b+16(FP), DI
	MOVQ n+24(FP), CX
	VMOVUPD (DX), Y0
	VMOVUPD 32(DX), Y1
	VMOVUPD 64(DX), Y2
	VMOVUPD 96(DX), Y3
	VMOVUPD 128(DX), Y4
	VMOVUPD 160(DX), Y5
	VMOVUPD 192(DX), Y6
	VMOVUPD 224(DX), Y7

loop:
	FOUR(0, Y0)
	FOUR(4, Y1)
	FOUR(8, Y2)
	FOUR(12, Y3)
	FOUR(16, Y4)
	FOUR(20, Y5)
	FOUR(24, Y6)
	FOUR(28, Y7)
	ADDQ $128, SI
	ADDQ $128, DI
	SUBQ $32, CX
	JNZ  loop

	VMOVUPD Y0, (DX)
	VMOVUPD Y1, 32(DX)
	VMOVUPD Y2, 64(DX)
	VMOVUPD Y3, 96(DX)
	VMOVUPD Y4, 128(DX)
	VMOVUPD Y5, 160(DX)
	VMOVUPD Y6, 192(DX)
	VMOVUPD Y7, 224(DX)
	VZEROUPPER
	RET

// ADD adds src[i:i+4] to dst[i:i+4].
#define ADD(i, t) \
	VCVTPS2PD (i*4)(SI), t; \
	VADDPD    (i*8)(DI), t, t; \
	VMOVUPD   t, (i*8)(DI)

// func addToAVX2(dst *float64, src *float32, n int)
TEXT ·addToAVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX

loop:
	ADD(0, Y0)
	ADD(4, Y1)
	ADD(8, Y2)
	ADD(12, Y3)
	ADDQ $64, SI
	ADDQ $128, DI
	SUBQ $16, CX
	JNZ  loop
	VZEROUPPER
	RET
