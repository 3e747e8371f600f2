//go:build !noasm

#include "textflag.h"

#define ELEM 8
#define LOG 3
#define LANES 4
#define BCAST VBROADCASTSD
#define MOV VMOVUPD
#define MASKMOV VMASKMOVPD
#define FMA VFMADD231PD
#define MUL VMULPD
#define COMI VUCOMISD
#define MASKS gemmMasks64

// 64 bytes of ones, then 64 of zeros.
DATA gemmMasks64<>+0(SB)/8, $-1
DATA gemmMasks64<>+8(SB)/8, $-1
DATA gemmMasks64<>+16(SB)/8, $-1
DATA gemmMasks64<>+24(SB)/8, $-1
DATA gemmMasks64<>+32(SB)/8, $-1
DATA gemmMasks64<>+40(SB)/8, $-1
DATA gemmMasks64<>+48(SB)/8, $-1
DATA gemmMasks64<>+56(SB)/8, $-1
GLOBL gemmMasks64<>(SB), RODATA|NOPTR, $128

// func gemm64AVX2(k int, alpha float64, a *float64, as int, b *float64, bs int, beta float64, c *float64, ldc, m, n int)
TEXT ·gemm64AVX2(SB), NOSPLIT, $0-88
#include "gemm_avx2_amd64.h"
