//go:build !noasm

#include "textflag.h"

// ROWS adds the products of eight rows, eight columns, in pairs, at most
// 2·15·127 each: a block of them fits 16 bits.
#define ROWS(at, t, u, sum) \
	VMOVDQU    at(SI), t; \
	VPSRLW     $4, t, u; \
	VPAND      Y14, t, t; \
	VPAND      Y14, u, u; \
	VPMADDUBSW Y6, t, t; \
	VPMADDUBSW Y7, u, u; \
	VPADDW     t, sum, sum; \
	VPADDW     u, sum, sum

// STEP takes eight columns of sixteen rows.
#define STEP(s) \
	VPBROADCASTD (8*s)(R12), Y6; \
	VPBROADCASTD (8*s+4)(R12), Y7; \
	ROWS(64*s, Y8, Y9, Y0); \
	ROWS(64*s+32, Y10, Y11, Y1)

// Weights are 8 too great: the products of that are subtracted at the end.
#define SUMS \
	FETCH256; \
	VPXOR        Y0, Y0, Y0; \
	VPXOR        Y1, Y1, Y1; \
	VPBROADCASTD (R14), Y12; \
	STEP(0); \
	STEP(1); \
	STEP(2); \
	STEP(3); \
	VPSLLD   $3, Y12, Y12; \
	VPMADDWD Y15, Y0, Y0; \
	VPMADDWD Y15, Y1, Y1; \
	VPSUBD   Y12, Y0, Y0; \
	VPSUBD   Y12, Y1, Y1

#define CONSTANTS \
	VPCMPEQD Y13, Y13, Y13; \
	VPSRLW   $15, Y13, Y15; /* 1 */ \
	VPSRLW   $12, Y13, Y14; \
	VPSLLW   $8, Y14, Y13; \
	VPOR     Y13, Y14, Y14 // 15

#define VALUES 256
#define INDEX 0

// func gemvQ4AVX2(dst *float32, values, index *byte, scales *uint16, q *int8, xs *float32, sums *int32, panels, blocks int)
TEXT ·gemvQ4AVX2(SB), NOSPLIT, $0-72
#include "gemvpanel_avx2_amd64.h"
