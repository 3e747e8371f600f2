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
#define ONE potrf32AVX2One<>(SB)
#define INF potrf32AVX2Inf<>(SB)

DATA potrf32AVX2One<>(SB)/4, $0x3f800000
GLOBL potrf32AVX2One<>(SB), RODATA|NOPTR, $4
DATA potrf32AVX2Inf<>(SB)/4, $0x7f800000
GLOBL potrf32AVX2Inf<>(SB), RODATA|NOPTR, $4

// func potrf32AVX2(x *float32, ld int) int
TEXT ·potrf32AVX2(SB), NOSPLIT, $0-24
#include "potrf_avx2_amd64.h"
