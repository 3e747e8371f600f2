//go:build !noasm

#include "textflag.h"
#include "gemv24_avx2_amd64.h"

// ROWS adds the products of eight rows, whose control of the shuffle is c.
#define ROWS(at, c, t, u, sum) \
	VPSHUFB    c, Y6, t; /* the activations that meet these weights */ \
	VPABSB     at(SI), u; \
	VPSIGNB    at(SI), t, t; \
	VPMADDUBSW t, u, t; /* pairs, at most 2·127² */ \
	VPMADDWD   Y15, t, t; /* fours */ \
	VPADDD     t, sum, sum

// STEP takes eight columns of sixteen rows, four weights of each, whichever half of
// the index they are in.
#define STEP(s) \
	VPBROADCASTQ (8*s)(R12), Y6; \
	ROWS(64*s, Y10, Y7, Y9, Y0); \
	ROWS(64*s+32, Y11, Y8, Y12, Y1)

#define LOWER(s) STEP(s)
#define UPPER(s) STEP(s)

#define SUMS \
	FETCH256; \
	PREFETCHT0 AHEAD/4(BX); \
	BLOCK

#define CONSTANTS \
	VPCMPEQD Y13, Y13, Y13; \
	VPSRLW   $15, Y13, Y15; /* 1 */ \
	VPABSB   Y13, Y14; \
	VPADDB   Y14, Y14, Y13; \
	VPADDB   Y13, Y14, Y14; /* 3: the bits of a position */ \
	VPADDB   Y13, Y13, Y13; \
	CONTROLCONSTANTS

#define VALUES 256
#define INDEX 64

// func gemv24Q8AVX2(dst *float32, values, index *byte, scales *uint16, q *int8, xs *float32, sums *int32, panels, blocks int)
TEXT ·gemv24Q8AVX2(SB), NOSPLIT, $0-72
#include "gemvpanel_avx2_amd64.h"
