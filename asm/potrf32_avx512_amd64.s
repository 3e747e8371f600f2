//go:build !noasm

#include "textflag.h"

#define ELEM 4
#define LOG 2
#define BCAST VBROADCASTSS
#define MOV VMOVUPS
#define FNMA VFNMADD231PS
#define MUL VMULPS
#define MOV1 VMOVSS
#define DIV1 VDIVSS
#define SQRT1 VSQRTSS
#define COMI VUCOMISS
#define ONE potrf32AVX512One<>(SB)
#define INF potrf32AVX512Inf<>(SB)

DATA potrf32AVX512One<>(SB)/4, $0x3f800000
GLOBL potrf32AVX512One<>(SB), RODATA|NOPTR, $4
DATA potrf32AVX512Inf<>(SB)/4, $0x7f800000
GLOBL potrf32AVX512Inf<>(SB), RODATA|NOPTR, $4

// func potrf32AVX512(x *float32, ld int) int
TEXT ·potrf32AVX512(SB), NOSPLIT, $0-24
#include "potrf_avx512_amd64.h"
