//go:build !noasm

#include "textflag.h"

#define EIGHT(bit, at, sum) \
	RORXQ       $((bit+59)&63), AX, R11; \
	ANDL        $0x1fe0, R11; \
	VMOVDQU     (BP)(R11*1), Y5; \
	VPERMD      (R8), Y5, Y4; \
	VPSRAD      $31, Y5, Y5; \
	VPANDN      Y4, Y5, Y4; \
	POPCNTL     R11, R11; \
	LEAQ        (R8)(R11*4), R8; \
	VFMADD231PS at(DX), Y4, sum

#define SIZE 4
#define TABLE ·spread32

// func gemvMaskF32AVX2(dst *float32, mask, values *byte, x *float32, rows, words int)
TEXT ·gemvMaskF32AVX2(SB), NOSPLIT, $8-48
#include "gemvmask_avx2_amd64.h"
