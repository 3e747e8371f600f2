//go:build !noasm

#include "textflag.h"

// func maskBelow32AVX2(mask *uint32, w, d2 *float32, n int, threshold float32)
TEXT ·maskBelow32AVX2(SB), NOSPLIT, $0-36
	MOVQ         mask+0(FP), DI
	MOVQ         w+8(FP), SI
	MOVQ         d2+16(FP), DX
	MOVQ         n+24(FP), CX
	VBROADCASTSS threshold+32(FP), Y5

column:
	VMOVUPS      (SI), Y0
	VMOVUPS      32(SI), Y1
	VBROADCASTSS (DX), Y4
	VMULPS       Y0, Y0, Y0
	VMULPS       Y1, Y1, Y1
	VDIVPS       Y4, Y0, Y0          // w² / d2
	VDIVPS       Y4, Y1, Y1
	VCMPPS       $18, Y5, Y0, Y0     // <= threshold, false for a NaN
	VCMPPS       $18, Y5, Y1, Y1
	VMOVMSKPS    Y0, AX              // rows 0..8
	VMOVMSKPS    Y1, BX              // rows 8..16
	SHLL         $8, BX
	ORL          BX, AX
	MOVL         AX, (DI)
	ADDQ         $64, SI
	ADDQ         $4, DX
	ADDQ         $4, DI
	DECQ         CX
	JNZ          column
	VZEROUPPER
	RET

// func maskLeast32AVX2(mask *uint32, w, d2 *float32, n, zeros int, scratch *float32)
TEXT ·maskLeast32AVX2(SB), NOSPLIT, $0-48
	MOVQ mask+0(FP), DI
	MOVQ w+8(FP), SI
	MOVQ d2+16(FP), DX
	MOVQ n+24(FP), R8
	MOVQ scratch+40(FP), BX

	// The saliencies, without a sign, are in order as integers, NaN last.
	VPCMPEQD Y6, Y6, Y6
	VPSRLD   $1, Y6, Y6              // 0x7fffffff
	MOVQ     BX, R10
	MOVQ     R8, CX

score:
	VMOVUPS      (SI), Y0
	VMOVUPS      32(SI), Y1
	VBROADCASTSS (DX), Y4
	VMULPS       Y0, Y0, Y0
	VMULPS       Y1, Y1, Y1
	VDIVPS       Y4, Y0, Y0          // w² / d2
	VDIVPS       Y4, Y1, Y1
	VPAND        Y6, Y0, Y0
	VPAND        Y6, Y1, Y1
	VMOVUPS      Y0, (R10)
	VMOVUPS      Y1, 32(R10)
	ADDQ         $64, SI
	ADDQ         $64, R10
	ADDQ         $4, DX
	DECQ         CX
	JNZ          score

	// zeros less the number of columns that come before.
	VPBROADCASTD zeros+32(FP), Y7
	VPXOR        Y8, Y8, Y8
	MOVQ         BX, R10             // column i
	MOVQ         R8, R9

column:
	VMOVDQU (R10), Y0
	VMOVDQU 32(R10), Y1
	VMOVDQU Y7, Y2
	VMOVDQU Y7, Y3
	MOVQ    BX, R11                  // column j

earlier:
	CMPQ     R11, R10
	JEQ      itself
	VPCMPGTD (R11), Y0, Y4           // score[i] > score[j]
	VPCMPGTD 32(R11), Y1, Y5
	VPADDD   Y4, Y2, Y2
	VPADDD   Y5, Y3, Y3
	VPCMPEQD (R11), Y0, Y4           // score[i] == score[j]
	VPCMPEQD 32(R11), Y1, Y5
	VPADDD   Y4, Y2, Y2
	VPADDD   Y5, Y3, Y3
	ADDQ     $64, R11
	JMP      earlier

itself:
	MOVQ R9, CX                      // columns from i on

later:
	ADDQ     $64, R11
	DECQ     CX
	JZ       decide
	VPCMPGTD (R11), Y0, Y4           // score[i] > score[j]
	VPCMPGTD 32(R11), Y1, Y5
	VPADDD   Y4, Y2, Y2
	VPADDD   Y5, Y3, Y3
	JMP      later

decide:
	VPCMPGTD  Y8, Y2, Y2             // zeros - before > 0
	VPCMPGTD  Y8, Y3, Y3
	VMOVMSKPS Y2, AX
	VMOVMSKPS Y3, CX
	SHLL      $8, CX
	ORL       CX, AX
	MOVL      AX, (DI)
	ADDQ      $4, DI
	ADDQ      $64, R10
	DECQ      R9
	JNZ       column
	VZEROUPPER
	RET
