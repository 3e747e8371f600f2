//go:build !noasm

#include "textflag.h"

// STEP takes eight columns of sixteen rows, four weights of each. The activations
// that meet them become 128 too great.
#define STEP(s, t, x) \
	VPBROADCASTQ (8*s)(R12), x; \
	VPXORD       Z15, x, x; \
	VPSRLD       $(2*s), Z10, t; \
	VPTERNLOGD   $0xea, Z13, Z14, t; /* t & 3 | 4 for the second two */ \
	VPSHUFB      t, x, t; \
	VPDPBUSD     64*s(SI), t, Z0; \
	VPDPBUSD     64*s(SI), Z15, Z1

#define SUMS \
	PREFETCHT0 AHEAD(SI); \
	PREFETCHT0 AHEAD+64(SI); \
	PREFETCHT0 AHEAD+128(SI); \
	PREFETCHT0 AHEAD+192(SI); \
	PREFETCHT0 AHEAD/4(BX); \
	VMOVDQU32 (BX), Z10; \
	VPXORD    Z0, Z0, Z0; \
	VPXORD    Z1, Z1, Z1; \
	STEP(0, Z6, Z7); \
	STEP(1, Z8, Z9); \
	STEP(2, Z6, Z7); \
	STEP(3, Z8, Z9); \
	VPSUBD    Z1, Z0, Z0

#define CONSTANTS \
	MOVL         $0x80808080, AX; \
	VPBROADCASTD AX, Z15; \
	MOVL         $0x03030303, AX; \
	VPBROADCASTD AX, Z14; \
	MOVL         $0x04040000, AX; \
	VPBROADCASTD AX, Z13

#define AHEAD 2048
#define VALUES 256
#define INDEX 64

// func gemv24Q8AVX512VNNI(dst *float32, values, index *byte, scales *uint16, q *int8, xs *float32, sums *int32, panels, blocks int)
TEXT ·gemv24Q8AVX512VNNI(SB), NOSPLIT, $0-72
#include "gemvpanel_avx512_amd64.h"
