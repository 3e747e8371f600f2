//go:build !noasm

#include "textflag.h"

// STEP takes four columns of sixteen rows, whose weights become 128 too great.
#define STEP(s, t, sum) \
	VPXORD        64*s(SI), Z15, t; \
	VPDPBUSD.BCST 4*s(R12), t, sum

#define SUMS \
	FETCH512; \
	VPXORD       Z0, Z0, Z0; \
	VPXORD       Z1, Z1, Z1; \
	VPBROADCASTD (R14), Z3; \
	VPSLLD       $7, Z3, Z3; \
	STEP(0, Z6, Z0); \
	STEP(1, Z7, Z1); \
	STEP(2, Z8, Z0); \
	STEP(3, Z9, Z1); \
	STEP(4, Z6, Z0); \
	STEP(5, Z7, Z1); \
	STEP(6, Z8, Z0); \
	STEP(7, Z9, Z1); \
	VPADDD       Z1, Z0, Z0; \
	VPSUBD       Z3, Z0, Z0

#define CONSTANTS \
	MOVL         $0x80808080, AX; \
	VPBROADCASTD AX, Z15

#define VALUES 512
#define INDEX 0

// func gemvQ8AVX512VNNI(dst *float32, values, index *byte, scales *uint16, q *int8, xs *float32, sums *int32, panels, blocks int)
TEXT ·gemvQ8AVX512VNNI(SB), NOSPLIT, $0-72
#include "gemvpanel_avx512_amd64.h"
