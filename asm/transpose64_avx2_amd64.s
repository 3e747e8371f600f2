//go:build !noasm

#include "textflag.h"

// ARGS loads the arguments.
#define ARGS \
	MOVQ dst+0(FP), DI; \
	MOVQ w+8(FP), R8; \
	MOVQ src+16(FP), SI; \
	MOVQ ld+24(FP), R9; \
	MOVQ k+32(FP), CX; \
	SHLQ $3, R8; /* strides in bytes */ \
	SHLQ $3, R9; \
	LEAQ (R9)(R9*2), R10; /* three rows */ \
	SHRQ $2, CX // squares

// func transpose4AVX2(dst *float64, w int, src *float64, ld, k int)
TEXT ·transpose4AVX2(SB), NOSPLIT, $0-40
	ARGS

square:
	VMOVUPD     (SI), X0             // r0[0:2]
	VINSERTF128 $1, (SI)(R9*2), Y0, Y0 // r2[0:2]
	VMOVUPD     (SI)(R9*1), X1       // r1[0:2]
	VINSERTF128 $1, (SI)(R10*1), Y1, Y1 // r3[0:2]
	VMOVUPD     16(SI), X2           // r0[2:4]
	VINSERTF128 $1, 16(SI)(R9*2), Y2, Y2
	VMOVUPD     16(SI)(R9*1), X3
	VINSERTF128 $1, 16(SI)(R10*1), Y3, Y3
	VUNPCKLPD   Y1, Y0, Y4           // column 0
	VUNPCKHPD   Y1, Y0, Y5           // column 1
	VUNPCKLPD   Y3, Y2, Y6           // column 2
	VUNPCKHPD   Y3, Y2, Y7           // column 3
	VMOVUPD     Y4, (DI)
	ADDQ        R8, DI
	VMOVUPD     Y5, (DI)
	ADDQ        R8, DI
	VMOVUPD     Y6, (DI)
	ADDQ        R8, DI
	VMOVUPD     Y7, (DI)
	ADDQ        R8, DI
	ADDQ        $32, SI
	DECQ        CX
	JNZ         square
	VZEROUPPER
	RET

// func transpose2AVX2(dst *float64, w int, src *float64, ld, k int)
TEXT ·transpose2AVX2(SB), NOSPLIT, $0-40
	ARGS

square:
	VMOVUPD   (SI), Y0               // r0[0:4]
	VMOVUPD   (SI)(R9*1), Y1         // r1[0:4]
	VUNPCKLPD Y1, Y0, Y2             // columns 0 and 2
	VUNPCKHPD Y1, Y0, Y3             // columns 1 and 3
	VMOVUPD   X2, (DI)
	VEXTRACTF128 $1, Y2, X2
	VEXTRACTF128 $1, Y3, X4
	ADDQ      R8, DI
	VMOVUPD   X3, (DI)
	ADDQ      R8, DI
	VMOVUPD   X2, (DI)
	ADDQ      R8, DI
	VMOVUPD   X4, (DI)
	ADDQ      R8, DI
	ADDQ      $32, SI
	DECQ      CX
	JNZ       square
	VZEROUPPER
	RET
