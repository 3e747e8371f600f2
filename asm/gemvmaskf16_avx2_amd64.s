//go:build !noasm

#include "textflag.h"

#define EIGHT(bit, at, sum) \
	RORXQ       $((bit+60)&63), AX, R11; \
	ANDL        $0xff0, R11; \
	VMOVDQU     (R8), X4; \
	VPSHUFB     (BP)(R11*1), X4, X4; \
	POPCNTL     R11, R11; \
	LEAQ        (R8)(R11*2), R8; \
	VCVTPH2PS   X4, Y4; \
	VFMADD231PS at(DX), Y4, sum

#define SIZE 2
#define TABLE ·spread16

// func gemvMaskF16AVX2(dst *float32, mask, values *byte, x *float32, rows, words int)
TEXT ·gemvMaskF16AVX2(SB), NOSPLIT, $8-48
#include "gemvmask_avx2_amd64.h"
