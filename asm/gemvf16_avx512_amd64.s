//go:build !noasm

#include "textflag.h"

#define LOAD(at, t) VCVTPH2PS (at)(SI), t

#define SIZE 2

// func gemvF16AVX512(dst *float32, w *byte, x *float32, rows, cols, tail int)
TEXT ·gemvF16AVX512(SB), NOSPLIT, $0-48
#include "gemvdense_avx512_amd64.h"
