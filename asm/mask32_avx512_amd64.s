//go:build !noasm

#include "textflag.h"

// func maskBelow32AVX512(mask *uint32, w, d2 *float32, n int, threshold float32)
TEXT ·maskBelow32AVX512(SB), NOSPLIT, $0-36
	MOVQ         mask+0(FP), DI
	MOVQ         w+8(FP), SI
	MOVQ         d2+16(FP), DX
	MOVQ         n+24(FP), CX
	VBROADCASTSS threshold+32(FP), Z5

column:
	VMOVUPS      (SI), Z0
	VMOVUPS      64(SI), Z1
	VBROADCASTSS (DX), Z4
	VMULPS       Z0, Z0, Z0
	VMULPS       Z1, Z1, Z1
	VDIVPS       Z4, Z0, Z0          // w² / d2
	VDIVPS       Z4, Z1, Z1
	VCMPPS       $18, Z5, Z0, K1     // <= threshold, false for a NaN
	VCMPPS       $18, Z5, Z1, K2
	KMOVW        K1, (DI)            // rows 0..16
	KMOVW        K2, 2(DI)           // rows 16..32
	ADDQ         $128, SI
	ADDQ         $4, DX
	ADDQ         $4, DI
	DECQ         CX
	JNZ          column
	VZEROUPPER
	RET

// func maskLeast32AVX512(mask *uint32, w, d2 *float32, n, zeros int, scratch *float32)
TEXT ·maskLeast32AVX512(SB), NOSPLIT, $0-48
	MOVQ mask+0(FP), DI
	MOVQ w+8(FP), SI
	MOVQ d2+16(FP), DX
	MOVQ n+24(FP), R8
	MOVQ scratch+40(FP), BX

	// The saliencies, without a sign, are in order as integers, NaN last.
	MOVL         $0x7fffffff, AX
	VPBROADCASTD AX, Z6
	MOVQ         BX, R10
	MOVQ         R8, CX

score:
	VMOVUPS      (SI), Z0
	VMOVUPS      64(SI), Z1
	VBROADCASTSS (DX), Z4
	VMULPS       Z0, Z0, Z0
	VMULPS       Z1, Z1, Z1
	VDIVPS       Z4, Z0, Z0          // w² / d2
	VDIVPS       Z4, Z1, Z1
	VPANDD       Z6, Z0, Z0
	VPANDD       Z6, Z1, Z1
	VMOVUPS      Z0, (R10)
	VMOVUPS      Z1, 64(R10)
	ADDQ         $128, SI
	ADDQ         $128, R10
	ADDQ         $4, DX
	DECQ         CX
	JNZ          score

	// zeros less the number of columns that come before.
	VPBROADCASTD zeros+32(FP), Z7
	MOVL         $1, AX
	VPBROADCASTD AX, Z6
	VPXORD       Z8, Z8, Z8
	MOVQ         BX, R10             // column i
	MOVQ         R8, R9

column:
	VMOVUPS (R10), Z0
	VMOVUPS 64(R10), Z1
	VMOVUPS Z7, Z2
	VMOVUPS Z7, Z3
	MOVQ    BX, R11                  // column j

earlier:
	CMPQ     R11, R10
	JEQ      itself
	VMOVDQU32 (R11), Z4
	VMOVDQU32 64(R11), Z5
	VPCMPD   $2, Z0, Z4, K1          // score[j] <= score[i]
	VPCMPD   $2, Z1, Z5, K2
	VPSUBD   Z6, Z2, K1, Z2
	VPSUBD   Z6, Z3, K2, Z3
	ADDQ     $128, R11
	JMP      earlier

itself:
	MOVQ R9, CX                      // columns from i on

later:
	ADDQ      $128, R11
	DECQ      CX
	JZ        decide
	VMOVDQU32 (R11), Z4
	VMOVDQU32 64(R11), Z5
	VPCMPD    $1, Z0, Z4, K1         // score[j] < score[i]
	VPCMPD    $1, Z1, Z5, K2
	VPSUBD    Z6, Z2, K1, Z2
	VPSUBD    Z6, Z3, K2, Z3
	JMP       later

decide:
	VPCMPD $6, Z8, Z2, K1            // zeros - before > 0
	VPCMPD $6, Z8, Z3, K2
	KMOVW  K1, (DI)
	KMOVW  K2, 2(DI)
	ADDQ   $4, DI
	ADDQ   $128, R10
	DECQ   R9
	JNZ    column
	VZEROUPPER
	RET
