//go:build !noasm

#include "textflag.h"

// func f16ToF32AVX2(dst *float32, src *uint16, n int)
TEXT ·f16ToF32AVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX

loop:
	VCVTPH2PS (SI), Y0
	VMOVUPS   Y0, (DI)
	ADDQ      $16, SI
	ADDQ      $32, DI
	SUBQ      $8, CX
	JNZ       loop
	VZEROUPPER
	RET

// func f32ToF16AVX2(dst *uint16, src *float32, n int)
TEXT ·f32ToF16AVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX

loop:
	VMOVUPS   (SI), Y0
	VCVTPS2PH $0, Y0, (DI)           // to nearest, ties to even
	ADDQ      $32, SI
	ADDQ      $16, DI
	SUBQ      $8, CX
	JNZ       loop
	VZEROUPPER
	RET

// func bf16ToF32AVX2(dst *float32, src *uint16, n int)
TEXT ·bf16ToF32AVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX

loop:
	VPMOVZXWD (SI), Y0
	VPSLLD    $16, Y0, Y0
	VMOVUPS   Y0, (DI)
	ADDQ      $16, SI
	ADDQ      $32, DI
	SUBQ      $8, CX
	JNZ       loop
	VZEROUPPER
	RET

// func f32ToBF16AVX2(dst *uint16, src *float32, n int)
TEXT ·f32ToBF16AVX2(SB), NOSPLIT, $0-24
	MOVQ     dst+0(FP), DI
	MOVQ     src+8(FP), SI
	MOVQ     n+16(FP), CX
	VPCMPEQD Y7, Y7, Y7
	VPSRLD   $17, Y7, Y6             // 0x7fff
	VPSRLD   $31, Y7, Y5             // 1
	VPSLLD   $22, Y5, Y4             // the bit of a quiet NaN

loop:
	VMOVUPS    (SI), Y0
	VPSRLD     $16, Y0, Y1
	VPAND      Y5, Y1, Y1            // the lowest bit that stays
	VPADDD     Y6, Y1, Y1
	VPADDD     Y0, Y1, Y1            // rounded to nearest, ties to even
	VCMPPS     $3, Y0, Y0, Y2        // NaN
	VPOR       Y4, Y0, Y3
	VBLENDVPS  Y2, Y3, Y1, Y1
	VPSRLD     $16, Y1, Y1
	VPACKUSDW  Y1, Y1, Y1            // each half to itself, twice
	VPERMQ     $0xd8, Y1, Y1         // the two halves side by side
	VMOVUPS    X1, (DI)
	ADDQ       $32, SI
	ADDQ       $16, DI
	SUBQ       $8, CX
	JNZ        loop
	VZEROUPPER
	RET
