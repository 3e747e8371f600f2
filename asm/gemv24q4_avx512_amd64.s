//go:build !noasm

#include "textflag.h"
#include "gemv24_avx512_amd64.h"

// STEP takes eight columns of sixteen rows, four weights of each, which are w and
// 8 too great.
#define STEP(s, c, t, x, w) \
	VPBROADCASTQ (8*s)(R12), x; \
	VPSHUFB      c, x, t; \
	VPDPBUSD     t, w, Z0; \
	VPDPBUSD     t, Z15, Z1

#define STEPS(s, next) \
	VPANDD 32*s(SI), Z12, Z5; \
	STEP(s, Z10, Z6, Z7, Z5); \
	VPSRLD $4, 32*s(SI), Z3; \
	VPANDD Z12, Z3, Z3; \
	STEP(next, Z11, Z8, Z9, Z3)

#define SUMS \
	FETCH128; \
	PREFETCHT0 AHEAD/2(BX); \
	BLOCK

#define CONSTANTS \
	MOVL         $0x08080808, AX; \
	VPBROADCASTD AX, Z15; \
	CONTROLCONSTANTS; \
	MOVL         $0x0f0f0f0f, AX; \
	VPBROADCASTD AX, Z12

#define VALUES 128
#define INDEX 64

// func gemv24Q4AVX512VNNI(dst *float32, values, index *byte, scales *uint16, q *int8, xs *float32, sums *int32, panels, blocks int)
TEXT ·gemv24Q4AVX512VNNI(SB), NOSPLIT, $0-72
#include "gemvpanel_avx512_amd64.h"
