//go:build !noasm

#include "textflag.h"

// ROWS adds the products of eight rows: w is |x|·(w with x's sign).
#define ROWS(at, t, sum) \
	VMOVDQU    at(SI), t; \
	VPSIGNB    Y6, t, t; \
	VPMADDUBSW t, Y7, t; /* pairs, at most 2·127² */ \
	VPMADDWD   Y15, t, t; /* fours */ \
	VPADDD     t, sum, sum

// STEP takes four columns of sixteen rows.
#define STEP(s) \
	VPBROADCASTD (4*s)(R12), Y6; \
	VPABSB       Y6, Y7; \
	ROWS(64*s, Y8, Y0); \
	ROWS(64*s+32, Y9, Y1)

#define SUMS \
	FETCH512; \
	VPXOR Y0, Y0, Y0; \
	VPXOR Y1, Y1, Y1; \
	STEP(0); \
	STEP(1); \
	STEP(2); \
	STEP(3); \
	STEP(4); \
	STEP(5); \
	STEP(6); \
	STEP(7)

#define CONSTANTS \
	VPCMPEQW Y15, Y15, Y15; \
	VPSRLW   $15, Y15, Y15 // 1

#define VALUES 512
#define INDEX 0

// func gemvQ8AVX2(dst *float32, values, index *byte, scales *uint16, q *int8, xs *float32, sums *int32, panels, blocks int)
TEXT ·gemvQ8AVX2(SB), NOSPLIT, $0-72
#include "gemvpanel_avx2_amd64.h"
