//go:build !noasm

#include "textflag.h"

#define ELEM 8
#define LOG 3
#define BCAST VBROADCASTSD
#define MOV VMOVUPD
#define FNMA VFNMADD231PD
#define MUL VMULPD

// func trsm64AVX512(t *float64, ts int, x *float64, ld int)
TEXT ·trsm64AVX512(SB), NOSPLIT, $0-32
#include "trsm_avx512_amd64.h"
