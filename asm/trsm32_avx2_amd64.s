//go:build !noasm

#include "textflag.h"

#define ELEM 4
#define LOG 2
#define BCAST VBROADCASTSS
#define MOV VMOVUPS
#define FNMA VFNMADD231PS
#define MUL VMULPS

// func trsm32AVX2(t *float32, ts int, x *float32, ld int)
TEXT ·trsm32AVX2(SB), NOSPLIT, $0-32
#include "trsm_avx2_amd64.h"
