//go:build !noasm

#include "textflag.h"

#define EIGHT(bit, at, sum) \
	RORXQ          $((bit+59)&63), AX, R11; \
	ANDL           $0x1fe0, R11; \
	VBROADCASTI128 (R8), Y4; \
	VPSHUFB        (BP)(R11*1), Y4, Y4; \
	POPCNTL        R11, R11; \
	LEAQ           (R8)(R11*2), R8; \
	VFMADD231PS    at(DX), Y4, sum

#define SIZE 2
#define TABLE ·spreadBF16

// func gemvMaskBF16AVX2(dst *float32, mask, values *byte, x *float32, rows, words int)
TEXT ·gemvMaskBF16AVX2(SB), NOSPLIT, $8-48
#include "gemvmask_avx2_amd64.h"
