//go:build !noasm

#include "textflag.h"

// ROWS adds the products of eight rows, whose control of the shuffle is c.
#define ROWS(at, c, t, u, sum) \
	VPSHUFB    c, Y6, t; /* the activations that meet these weights */ \
	VPABSB     at(SI), u; \
	VPSIGNB    at(SI), t, t; \
	VPMADDUBSW t, u, t; /* pairs, at most 2·127² */ \
	VPMADDWD   Y15, t, t; /* fours */ \
	VPADDD     t, sum, sum

// STEP takes eight columns of sixteen rows, four weights of each.
#define STEP(s) \
	VPBROADCASTQ (8*s)(R12), Y6; \
	ROWS(64*s, Y10, Y7, Y9, Y0); \
	ROWS(64*s+32, Y11, Y8, Y12, Y1)

// CONTROLS makes the positions in Y10 and Y11 controls, of one step in the lower
// halves of bytes, where a shuffle looks for them, and of the next but one in the
// upper.
#define CONTROLS \
	VPAND Y14, Y10, Y10; \
	VPAND Y14, Y11, Y11; \
	VPOR  Y13, Y10, Y10; \
	VPOR  Y13, Y11, Y11

#define SUMS \
	FETCH256; \
	PREFETCHT0 AHEAD/4(BX); \
	VMOVDQU (BX), Y10; \
	VMOVDQU 32(BX), Y11; \
	VPXOR   Y0, Y0, Y0; \
	VPXOR   Y1, Y1, Y1; \
	CONTROLS; \
	STEP(0); \
	VPSRLD  $4, Y10, Y10; \
	VPSRLD  $4, Y11, Y11; \
	STEP(2); \
	VMOVDQU (BX), Y10; \
	VMOVDQU 32(BX), Y11; \
	VPSRLD  $2, Y10, Y10; \
	VPSRLD  $2, Y11, Y11; \
	CONTROLS; \
	STEP(1); \
	VPSRLD  $4, Y10, Y10; \
	VPSRLD  $4, Y11, Y11; \
	STEP(3)

#define CONSTANTS \
	VPCMPEQD Y13, Y13, Y13; \
	VPSRLW   $15, Y13, Y15; /* 1 */ \
	VPABSB   Y13, Y14; \
	VPADDB   Y14, Y14, Y13; \
	VPADDB   Y13, Y14, Y14; /* 3: the bits of a position */ \
	VPADDB   Y13, Y13, Y13; \
	VPSLLD   $16, Y13, Y13; /* 0, 0, 4, 4: the second two are of columns 4..7 */ \
	VPSLLW   $4, Y14, Y0; \
	VPOR     Y0, Y14, Y14; \
	VPSLLW   $4, Y13, Y0; \
	VPOR     Y0, Y13, Y13

#define VALUES 256
#define INDEX 64

// func gemv24Q8AVX2(dst *float32, values, index *byte, scales *uint16, q *int8, xs *float32, sums *int32, panels, blocks int)
TEXT ·gemv24Q8AVX2(SB), NOSPLIT, $0-72
#include "gemvpanel_avx2_amd64.h"
