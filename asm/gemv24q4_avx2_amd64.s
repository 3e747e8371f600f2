//go:build !noasm

#include "textflag.h"
#include "gemv24_avx2_amd64.h"

// ROWS adds the products of eight rows, whose control of the shuffle is c and
// whose weights, 8 too great, are w: in pairs, which fit 16 bits.
#define ROWS(c, w, sum) \
	VPSHUFB    c, Y6, Y7; /* the activations that meet these weights */ \
	VPMADDUBSW Y7, w, w; \
	VPMADDUBSW Y7, Y15, Y7; /* 8 times them */ \
	VPADDW     w, sum, sum; \
	VPSUBW     Y7, sum, sum

// LOWER and UPPER take eight columns of sixteen rows, four weights of each, from
// that half of the bytes.
#define LOWER(s) \
	VPBROADCASTQ (8*s)(R12), Y6; \
	VPAND        32*s(SI), Y12, Y8; \
	ROWS(Y10, Y8, Y0); \
	VPAND        32*s+32(SI), Y12, Y9; \
	ROWS(Y11, Y9, Y1)

#define UPPER(s) \
	VPBROADCASTQ (8*s)(R12), Y6; \
	VMOVDQU      32*s-32(SI), Y8; \
	VPSRLW       $4, Y8, Y8; \
	VPAND        Y12, Y8, Y8; \
	ROWS(Y10, Y8, Y0); \
	VMOVDQU      32*s(SI), Y9; \
	VPSRLW       $4, Y9, Y9; \
	VPAND        Y12, Y9, Y9; \
	ROWS(Y11, Y9, Y1)

#define SUMS \
	FETCH128; \
	PREFETCHT0 AHEAD/2(BX); \
	BLOCK; \
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
	CONTROLCONSTANTS

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
