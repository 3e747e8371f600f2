//go:build !noasm

#include "textflag.h"

#define ELEM 4
#define LOG 2
#define LANES 8
#define BCAST VBROADCASTSS
#define MOV VMOVUPS
#define MASKMOV VMASKMOVPS
#define FMA VFMADD231PS
#define MUL VMULPS
#define COMI VUCOMISS
#define MASKS gemmMasks32

// 64 bytes of ones, then 64 of zeros.
DATA gemmMasks32<>+0(SB)/8, $-1
DATA gemmMasks32<>+8(SB)/8, $-1
DATA gemmMasks32<>+16(SB)/8, $-1
DATA gemmMasks32<>+24(SB)/8, $-1
DATA gemmMasks32<>+32(SB)/8, $-1
DATA gemmMasks32<>+40(SB)/8, $-1
DATA gemmMasks32<>+48(SB)/8, $-1
DATA gemmMasks32<>+56(SB)/8, $-1
GLOBL gemmMasks32<>(SB), RODATA|NOPTR, $128

// func gemm32AVX2(k int, alpha float32, a *float32, as int, b *float32, bs int, beta float32, c *float32, ldc, m, n int)
TEXT ·gemm32AVX2(SB), NOSPLIT, $0-88
#include "gemm_avx2_amd64.h"
