//go:build !noasm

#include "textflag.h"

#define ELEM 4
#define LOG 2
#define LANES 16
#define BCAST VBROADCASTSS
#define MOV VMOVUPS
#define FMA VFMADD231PS
#define MUL VMULPS
#define COMI VUCOMISS

// func gemm32AVX512(k int, alpha float32, a *float32, as int, b *float32, bs int, beta float32, c *float32, ldc, m, n int)
TEXT ·gemm32AVX512(SB), NOSPLIT, $0-88
#include "gemm_avx512_amd64.h"
