//go:build !noasm

#include "textflag.h"

#define LOAD \
	VPMOVZXWD (SI), Z4; \
	VPSLLD    $16, Z4, Z4

#define SIZE 2

// func gemvMaskBF16AVX512(dst *float32, mask, values *byte, x *float32, rows, words int)
TEXT ·gemvMaskBF16AVX512(SB), NOSPLIT, $0-48
#include "gemvmask_avx512_amd64.h"
