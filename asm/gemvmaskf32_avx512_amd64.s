//go:build !noasm

#include "textflag.h"

#define LOAD VMOVUPS (SI), Z4
#define SIZE 4

// func gemvMaskF32AVX512(dst *float32, mask, values *byte, x *float32, rows, words int)
TEXT ·gemvMaskF32AVX512(SB), NOSPLIT, $0-48
#include "gemvmask_avx512_amd64.h"
