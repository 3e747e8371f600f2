//go:build !noasm

#include "textflag.h"
#include "byhalves_amd64.h"

// WORD takes 64 columns. Activations become 128 too great; the products of that
// are subtracted.
#define WORD \
	KMOVQ        (BX), K1; \
	POPCNTQ      (BX), AX; \
	PREFETCHT0   1024(SI); \
	VMOVDQU8     (SI), Z6; \
	VPEXPANDB.Z  Z6, K1, Z6; \
	VPXORD       (R12), Z15, Z7; \
	VPXORD       Z8, Z8, Z8; \
	VPXORD       Z9, Z9, Z9; \
	VPDPBUSD     Z6, Z7, Z8; \
	VPDPBUSD     Z6, Z15, Z9; \
	VPSUBD       Z9, Z8, Z8; /* columns 4j..4j+3 */ \
	VCVTDQ2PS    Z8, Z8; \
	VFMADD231PS  (R13), Z8, Z2; \
	ADDQ         AX, SI; \
	ADDQ         $8, BX; \
	ADDQ         $64, R12; \
	ADDQ         $64, R13

// func gemvMaskQ8AVX512VBMI2(dst *float32, mask, values *byte, scales *uint16, q *int8, wide *float32, rows, words int)
TEXT ·gemvMaskQ8AVX512VBMI2(SB), NOSPLIT, $0-64
	MOVQ         dst+0(FP), DI
	MOVQ         mask+8(FP), BX
	MOVQ         values+16(FP), SI
	MOVQ         scales+24(FP), R11
	MOVL         $0x80808080, AX
	VPBROADCASTD AX, Z15

row:
	MOVQ   q+32(FP), R12
	MOVQ   wide+40(FP), R13
	MOVQ   R11, DX
	ADDQ   $2, R11                   // the next row's scales
	MOVQ   words+56(FP), CX
	VXORPS Y0, Y0, Y0

group:
	VXORPS        Y2, Y2, Y2
	WORD
	DECQ          CX
	JZ            scale
	WORD
	DECQ          CX

scale:
	VPBROADCASTW  (DX), Y6
	VCVTPH2PS     Y6, Z6
	VFMADD231PS   Z6, Z2, Z0
	ADDQ          $32, DX
	TESTQ         CX, CX
	JNZ           group
	VEXTRACTF64X4 $1, Z0, Y1
	VADDPS        Y1, Y0, Y0
	BYHALVES8(Y0, X0, X1)
	VMOVSS        X0, (DI)
	ADDQ          $4, DI
	DECQ          rows+48(FP)
	JNZ           row
	VZEROUPPER
	RET
