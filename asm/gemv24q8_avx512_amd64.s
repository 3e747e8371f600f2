//go:build !noasm

#include "textflag.h"

// STEP takes eight columns of sixteen rows, four weights of each. The activations
// that meet them become 128 too great.
#define STEP(s, c, t, x) \
	VPBROADCASTQ (8*s)(R12), x; \
	VPXORD       Z15, x, x; \
	VPSHUFB      c, x, t; \
	VPDPBUSD     64*s(SI), t, Z0; \
	VPDPBUSD     64*s(SI), Z15, Z1

// CONTROLS makes positions controls of the shuffle, v & 3 | 4 for the second two,
// in each half of a byte: of the steps 0 and 2 in Z10, 1 and 3 in Z11. A shuffle
// looks at the lower halves.
#define CONTROLS \
	VMOVDQU32  (BX), Z10; \
	VPSRLD     $2, Z10, Z11; \
	VPTERNLOGD $0xea, Z13, Z14, Z10; \
	VPTERNLOGD $0xea, Z13, Z14, Z11

#define SUMS \
	FETCH256; \
	PREFETCHT0 AHEAD/4(BX); \
	CONTROLS; \
	VPXORD    Z0, Z0, Z0; \
	VPXORD    Z1, Z1, Z1; \
	STEP(0, Z10, Z6, Z7); \
	STEP(1, Z11, Z8, Z9); \
	VPSRLD    $4, Z10, Z10; \
	VPSRLD    $4, Z11, Z11; \
	STEP(2, Z10, Z6, Z7); \
	STEP(3, Z11, Z8, Z9); \
	VPSUBD    Z1, Z0, Z0

#define CONSTANTS \
	MOVL         $0x80808080, AX; \
	VPBROADCASTD AX, Z15; \
	MOVL         $0x33333333, AX; \
	VPBROADCASTD AX, Z14; \
	MOVL         $0x44440000, AX; \
	VPBROADCASTD AX, Z13

#define VALUES 256
#define INDEX 64

// func gemv24Q8AVX512VNNI(dst *float32, values, index *byte, scales *uint16, q *int8, xs *float32, sums *int32, panels, blocks int)
TEXT ·gemv24Q8AVX512VNNI(SB), NOSPLIT, $0-72
#include "gemvpanel_avx512_amd64.h"
