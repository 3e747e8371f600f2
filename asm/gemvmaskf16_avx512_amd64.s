//go:build !noasm

#include "textflag.h"

#define LOAD VCVTPH2PS (SI), Z4
#define SIZE 2

// func gemvMaskF16AVX512(dst *float32, mask, values *byte, x *float32, rows, words int)
TEXT ·gemvMaskF16AVX512(SB), NOSPLIT, $0-48
#include "gemvmask_avx512_amd64.h"
