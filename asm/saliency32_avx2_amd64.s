//go:build !noasm

#include "textflag.h"

// func saliencyBetween32AVX2(dst, w, d2 *float32, n int, lo, hi float32) (below, between int)
TEXT ·saliencyBetween32AVX2(SB), NOSPLIT, $32-56
	MOVQ         dst+0(FP), DI
	MOVQ         w+8(FP), SI
	MOVQ         d2+16(FP), DX
	MOVQ         n+24(FP), CX
	VBROADCASTSS lo+32(FP), Y4
	VBROADCASTSS hi+36(FP), Y5
	MOVQ         DI, R8
	XORQ         R9, R9              // below

loop:
	VMOVUPS   (SI), Y0
	VMULPS    Y0, Y0, Y0
	VDIVPS    (DX), Y0, Y0           // s = w² / d2
	VCMPPS    $17, Y4, Y0, Y1        // s < lo
	VCMPPS    $18, Y5, Y0, Y2        // s <= hi
	VMOVMSKPS Y1, AX
	VMOVMSKPS Y2, BX
	POPCNTL   AX, R10
	ADDQ      R10, R9
	NOTL      AX
	ANDL      BX, AX                 // lo <= s <= hi
	JNZ       some

next:
	ADDQ $32, SI
	ADDQ $32, DX
	SUBQ $8, CX
	JNZ  loop
	SUBQ R8, DI
	SHRQ $2, DI
	MOVQ R9, below+40(FP)
	MOVQ DI, between+48(FP)
	VZEROUPPER
	RET

some:
	VMOVUPS Y0, tmp-32(SP)

one:
	TZCNTL AX, BX
	MOVL   tmp-32(SP)(BX*4), R10
	MOVL   R10, (DI)
	ADDQ   $4, DI
	BLSRL  AX, AX                    // the lowest bit is done
	JNZ    one
	JMP    next
