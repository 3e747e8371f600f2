//go:build !noasm

#include "textflag.h"

#define LOAD(at, t) \
	VPMOVZXWD (at)(SI), t; \
	VPSLLD    $16, t, t

#define SIZE 2

// func gemvBF16AVX2(dst *float32, w *byte, x *float32, rows, cols, tail int)
TEXT ·gemvBF16AVX2(SB), NOSPLIT, $0-48
#include "gemvdense_avx2_amd64.h"
