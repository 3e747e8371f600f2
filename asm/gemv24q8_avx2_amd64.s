//go:build !noasm

#include "textflag.h"

// ROWS adds the products of eight rows, whose control of the shuffle is t.
#define ROWS(at, t, u, sum) \
	VPAND      Y14, t, t; \
	VPOR       Y13, t, t; \
	VPSHUFB    t, Y6, t; /* the activations that meet these weights */ \
	VPABSB     at(SI), u; \
	VPSIGNB    at(SI), t, t; \
	VPMADDUBSW t, u, t; /* pairs, at most 2·127² */ \
	VPMADDWD   Y15, t, t; /* fours */ \
	VPADDD     t, sum, sum

// STEP takes eight columns of sixteen rows, four weights of each.
#define STEP(s) \
	VPBROADCASTQ (8*s)(R12), Y6; \
	VPSRLD       $(2*s), Y10, Y7; \
	VPSRLD       $(2*s), Y11, Y8; \
	ROWS(64*s, Y7, Y9, Y0); \
	ROWS(64*s+32, Y8, Y12, Y1)

#define SUMS \
	PREFETCHT0 AHEAD(SI); \
	PREFETCHT0 AHEAD+64(SI); \
	PREFETCHT0 AHEAD+128(SI); \
	PREFETCHT0 AHEAD+192(SI); \
	PREFETCHT0 AHEAD/4(BX); \
	VMOVDQU (BX), Y10; \
	VMOVDQU 32(BX), Y11; \
	VPXOR   Y0, Y0, Y0; \
	VPXOR   Y1, Y1, Y1; \
	STEP(0); \
	STEP(1); \
	STEP(2); \
	STEP(3)

#define CONSTANTS \
	VPCMPEQD Y13, Y13, Y13; \
	VPSRLW   $15, Y13, Y15; /* 1 */ \
	VPABSB   Y13, Y14; \
	VPADDB   Y14, Y14, Y13; \
	VPADDB   Y13, Y14, Y14; /* 3: the bits of a position */ \
	VPADDB   Y13, Y13, Y13; \
	VPSLLD   $16, Y13, Y13  // 0, 0, 4, 4: the second two are of columns 4..7

#define AHEAD 2048
#define VALUES 256
#define INDEX 64

// func gemv24Q8AVX2(dst *float32, values, index *byte, scales *uint16, q *int8, xs *float32, sums *int32, panels, blocks int)
TEXT ·gemv24Q8AVX2(SB), NOSPLIT, $0-72
#include "gemvpanel_avx2_amd64.h"
