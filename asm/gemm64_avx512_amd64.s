//go:build !noasm

#include "textflag.h"

#define ELEM 8
#define LOG 3
#define LANES 8
#define BCAST VBROADCASTSD
#define MOV VMOVUPD
#define FMA VFMADD231PD
#define MUL VMULPD
#define COMI VUCOMISD

// func gemm64AVX512(k int, alpha float64, a *float64, as int, b *float64, bs int, beta float64, c *float64, ldc, m, n int)
TEXT ·gemm64AVX512(SB), NOSPLIT, $0-88
#include "gemm_avx512_amd64.h"
