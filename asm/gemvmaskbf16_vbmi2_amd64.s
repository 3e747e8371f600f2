//go:build !noasm

#include "textflag.h"

#define WIDEN(y, z) \
	VPMOVZXWD y, z; \
	VPSLLD    $16, z, z

// func gemvMaskBF16AVX512VBMI2(dst *float32, mask, values *byte, x *float32, rows, words int)
TEXT ·gemvMaskBF16AVX512VBMI2(SB), NOSPLIT, $0-48
#include "gemvmask_vbmi2_amd64.h"
