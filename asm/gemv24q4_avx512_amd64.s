//go:build !noasm

#include "textflag.h"

// STEP takes eight columns of sixteen rows, four weights of each, which are w and
// 8 too great.
#define STEP(s, t, x, w) \
	VPBROADCASTQ (8*s)(R12), x; \
	VPSRLD       $(2*s), Z10, t; \
	VPTERNLOGD   $0xea, Z13, Z14, t; /* t & 3 | 4 for the second two */ \
	VPSHUFB      t, x, t; \
	VPDPBUSD     t, w, Z0; \
	VPDPBUSD     t, Z15, Z1

#define STEPS(s, next) \
	VPANDD 32*s(SI), Z12, Z11; \
	STEP(s, Z6, Z7, Z11); \
	VPSRLD $4, 32*s(SI), Z3; \
	VPANDD Z12, Z3, Z3; \
	STEP(next, Z8, Z9, Z3)

#define SUMS \
	PREFETCHT0 AHEAD(SI); \
	PREFETCHT0 AHEAD+64(SI); \
	PREFETCHT0 AHEAD/2(BX); \
	VMOVDQU32 (BX), Z10; \
	VPXORD    Z0, Z0, Z0; \
	VPXORD    Z1, Z1, Z1; \
	STEPS(0, 1); \
	STEPS(2, 3); \
	VPSUBD    Z1, Z0, Z0

#define CONSTANTS \
	MOVL         $0x08080808, AX; \
	VPBROADCASTD AX, Z15; \
	MOVL         $0x03030303, AX; \
	VPBROADCASTD AX, Z14; \
	MOVL         $0x04040000, AX; \
	VPBROADCASTD AX, Z13; \
	MOVL         $0x0f0f0f0f, AX; \
	VPBROADCASTD AX, Z12

#define AHEAD 2048
#define VALUES 128
#define INDEX 64

// func gemv24Q4AVX512VNNI(dst *float32, values, index *byte, scales *uint16, q *int8, xs *float32, sums *int32, panels, blocks int)
TEXT ·gemv24Q4AVX512VNNI(SB), NOSPLIT, $0-72
#include "gemvpanel_avx512_amd64.h"
