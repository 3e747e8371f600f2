//go:build !noasm

#include "textflag.h"

// STEP takes eight columns of sixteen rows.
#define STEP(s, t, u) \
	VPANDD        64*s(SI), Z14, t; \
	VPSRLD        $4, 64*s(SI), u; \
	VPANDD        Z14, u, u; \
	VPDPBUSD.BCST (8*s)(R12), t, Z0; \
	VPDPBUSD.BCST (8*s+4)(R12), u, Z1

// Weights are 8 too great: the products of that are subtracted at the end.
#define SUMS \
	FETCH256; \
	VPXORD       Z0, Z0, Z0; \
	VPXORD       Z1, Z1, Z1; \
	VPBROADCASTD (R14), Z3; \
	VPSLLD       $3, Z3, Z3; \
	STEP(0, Z6, Z7); \
	STEP(1, Z8, Z9); \
	STEP(2, Z6, Z7); \
	STEP(3, Z8, Z9); \
	VPADDD       Z1, Z0, Z0; \
	VPSUBD       Z3, Z0, Z0

#define CONSTANTS \
	MOVL         $0x0f0f0f0f, AX; \
	VPBROADCASTD AX, Z14

#define VALUES 256
#define INDEX 0

// func gemvQ4AVX512VNNI(dst *float32, values, index *byte, scales *uint16, q *int8, xs *float32, sums *int32, panels, blocks int)
TEXT ·gemvQ4AVX512VNNI(SB), NOSPLIT, $0-72
#include "gemvpanel_avx512_amd64.h"
