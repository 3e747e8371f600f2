//go:build !noasm

#include "textflag.h"
#include "gemv24_avx512_amd64.h"

// STEP takes eight columns of sixteen rows, four weights of each. The activations
// that meet them become 128 too great.
#define STEP(s, c, t, x) \
	VPBROADCASTQ (8*s)(R12), x; \
	VPXORD       Z15, x, x; \
	VPSHUFB      c, x, t; \
	VPDPBUSD     64*s(SI), t, Z0; \
	VPDPBUSD     64*s(SI), Z15, Z1

#define STEPS(s, next) \
	STEP(s, Z10, Z6, Z7); \
	STEP(next, Z11, Z8, Z9)

#define SUMS \
	FETCH256; \
	PREFETCHT0 AHEAD/4(BX); \
	BLOCK

#define CONSTANTS \
	MOVL         $0x80808080, AX; \
	VPBROADCASTD AX, Z15; \
	CONTROLCONSTANTS

#define VALUES 256
#define INDEX 64

// func gemv24Q8AVX512VNNI(dst *float32, values, index *byte, scales *uint16, q *int8, xs *float32, sums *int32, panels, blocks int)
TEXT ·gemv24Q8AVX512VNNI(SB), NOSPLIT, $0-72
#include "gemvpanel_avx512_amd64.h"
