//go:build !noasm

#include "textflag.h"

// A vector of what was found is written whole; the next one begins where its
// used part ends. So no branch depends on the data.

// func saliencyBetween32AVX512(dst, w, d2 *float32, n int, lo, hi float32) (below, between int)
TEXT ·saliencyBetween32AVX512(SB), NOSPLIT, $0-56
	MOVQ         dst+0(FP), DI
	MOVQ         w+8(FP), SI
	MOVQ         d2+16(FP), DX
	MOVQ         n+24(FP), CX
	VBROADCASTSS lo+32(FP), Z4
	VBROADCASTSS hi+36(FP), Z5
	XORQ         R8, R8              // between
	XORQ         R9, R9              // below

loop:
	VMOVUPS       (SI), Z0
	VMULPS         Z0, Z0, Z0
	VDIVPS         (DX), Z0, Z0      // s = w² / d2
	VCMPPS         $17, Z4, Z0, K1   // s < lo
	VCMPPS         $18, Z5, Z0, K2   // s <= hi
	KANDNW         K2, K1, K2        // lo <= s <= hi
	VCOMPRESSPS.Z  Z0, K2, Z1
	VMOVUPS       Z1, (DI)(R8*4)
	KMOVW          K1, AX
	KMOVW          K2, BX
	POPCNTL        AX, AX
	POPCNTL        BX, BX
	ADDQ           AX, R9
	ADDQ           BX, R8
	ADDQ           $64, SI
	ADDQ           $64, DX
	SUBQ           $16, CX
	JNZ            loop
	MOVQ           R9, below+40(FP)
	MOVQ           R8, between+48(FP)
	VZEROUPPER
	RET
