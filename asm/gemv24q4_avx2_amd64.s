//go:build !noasm

#include "textflag.h"

// ROWS adds the products of eight rows, whose positions are the lowest bits of
// t and whose weights, 8 too great, are w: in pairs, which fit 16 bits.
#define ROWS(t, w, sum) \
	VPAND      Y14, t, t; \
	VPOR       Y13, t, t; \
	VPSHUFB    t, Y6, t; /* the activations that meet these weights */ \
	VPMADDUBSW t, w, w; \
	VPMADDUBSW t, Y15, t; /* 8 times them */ \
	VPADDW     w, sum, sum; \
	VPSUBW     t, sum, sum

// LOWER and UPPER take eight columns of sixteen rows, four weights of each, from
// that half of the bytes.
#define LOWER(s) \
	VPBROADCASTQ (8*s)(R12), Y6; \
	VPSRLD       $(2*s), Y10, Y7; \
	VPAND        32*s(SI), Y12, Y8; \
	ROWS(Y7, Y8, Y0); \
	VPSRLD       $(2*s), Y11, Y7; \
	VPAND        32*s+32(SI), Y12, Y8; \
	ROWS(Y7, Y8, Y1)

#define UPPER(s) \
	VPBROADCASTQ (8*s)(R12), Y6; \
	VPSRLD       $(2*s), Y10, Y7; \
	VMOVDQU      32*s-32(SI), Y8; \
	VPSRLW       $4, Y8, Y8; \
	VPAND        Y12, Y8, Y8; \
	ROWS(Y7, Y8, Y0); \
	VPSRLD       $(2*s), Y11, Y9; \
	VMOVDQU      32*s(SI), Y8; \
	VPSRLW       $4, Y8, Y8; \
	VPAND        Y12, Y8, Y8; \
	ROWS(Y9, Y8, Y1)

#define SUMS \
	PREFETCHT0 AHEAD(SI); \
	PREFETCHT0 AHEAD+64(SI); \
	PREFETCHT0 AHEAD/2(BX); \
	VMOVDQU (BX), Y10; \
	VMOVDQU 32(BX), Y11; \
	VPXOR   Y0, Y0, Y0; \
	VPXOR   Y1, Y1, Y1; \
	LOWER(0); \
	UPPER(1); \
	LOWER(2); \
	UPPER(3); \
	VPMADDWD gemv24Q4Ones<>(SB), Y0, Y0; \
	VPMADDWD gemv24Q4Ones<>(SB), Y1, Y1

#define CONSTANTS \
	VPCMPEQD Y13, Y13, Y13; \
	VPABSB   Y13, Y14; /* 1 */ \
	VPADDB   Y14, Y14, Y13; \
	VPADDB   Y13, Y14, Y14; /* 3: the bits of a position */ \
	VPADDB   Y13, Y13, Y13; /* 4 */ \
	VPADDB   Y13, Y13, Y15; /* 8 */ \
	VPADDB   Y15, Y13, Y12; \
	VPOR     Y14, Y12, Y12; /* 15 */ \
	VPSLLD   $16, Y13, Y13  // 0, 0, 4, 4: the second two are of columns 4..7

#define AHEAD 2048
#define VALUES 128
#define INDEX 64

DATA gemv24Q4Ones<>+0(SB)/8, $0x0001000100010001
DATA gemv24Q4Ones<>+8(SB)/8, $0x0001000100010001
DATA gemv24Q4Ones<>+16(SB)/8, $0x0001000100010001
DATA gemv24Q4Ones<>+24(SB)/8, $0x0001000100010001
GLOBL gemv24Q4Ones<>(SB), RODATA|NOPTR, $32

// func gemv24Q4AVX2(dst *float32, values, index *byte, scales *uint16, q *int8, xs *float32, sums *int32, panels, blocks int)
TEXT ·gemv24Q4AVX2(SB), NOSPLIT, $0-72
#include "gemvpanel_avx2_amd64.h"
