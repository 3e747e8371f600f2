//go:build !noasm

#include "textflag.h"

#define LOAD(at, t) VMOVUPS (at)(SI), t

#define SIZE 4

// func gemvF32AVX2(dst *float32, w *byte, x *float32, rows, cols, tail int)
TEXT ·gemvF32AVX2(SB), NOSPLIT, $0-48
#include "gemvdense_avx2_amd64.h"
