//go:build !noasm

#include "textflag.h"

#define ELEM 8
#define LOG 3
#define BCAST VBROADCASTSD
#define MOV VMOVUPD
#define FNMA VFNMADD231PD
#define MUL VMULPD
#define MOV1 VMOVSD
#define DIV1 VDIVSD
#define SQRT1 VSQRTSD
#define COMI VUCOMISD
#define ONE potrf64AVX512One<>(SB)
#define INF potrf64AVX512Inf<>(SB)

DATA potrf64AVX512One<>(SB)/8, $0x3ff0000000000000
GLOBL potrf64AVX512One<>(SB), RODATA|NOPTR, $8
DATA potrf64AVX512Inf<>(SB)/8, $0x7ff0000000000000
GLOBL potrf64AVX512Inf<>(SB), RODATA|NOPTR, $8

// func potrf64AVX512(x *float64, ld int) int
TEXT ·potrf64AVX512(SB), NOSPLIT, $0-24
#include "potrf_avx512_amd64.h"
