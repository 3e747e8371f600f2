//go:build !noasm

#include "textflag.h"
#include "byhalves_amd64.h"

// SPREAD8 makes c the control that spreads sixteen bytes by the bits of the mask
// AX from bit at on: lo and hi rotate these to where they count table entries.
#define SPREAD8(lo, hi, c) \
	RORXQ   $lo, AX, R11; \
	ANDL    $0xff0, R11; \
	VMOVDQU (BP)(R11*1), c; \
	RORXQ   $hi, AX, R11; \
	ANDL    $0xff0, R11; \
	VPADDB  4096(BP)(R11*1), c, c

// PRODUCTS adds those of a block, whose weights are y, to t.
#define PRODUCTS(at, y, t) \
	VMOVDQU    at(DX), Y7; \
	VPSIGNB    at(R12), y, y; \
	VPMADDUBSW y, Y7, y; /* pairs, at most 2·127² */ \
	VPMADDWD   Y15, y, y; /* columns 4j..4j+3 */ \
	VCVTDQ2PS  y, y; \
	VFMADD231PS at(R13), y, t

// WORD takes 64 columns. So that the counts of bits do not wait for one another,
// each is from the word's start.
#define WORD \
	MOVQ         (BX), AX; \
	MOVWLZX      AX, R8; \
	POPCNTL      R8, R8; \
	POPCNTL      AX, R9; \
	MOVQ         AX, R10; \
	SHLQ         $16, R10; \
	POPCNTQ      R10, R10; \
	PREFETCHT0   1024(SI); \
	VMOVDQU      (SI), X8; \
	VINSERTI128  $1, (SI)(R8*1), Y8, Y8; \
	SPREAD8(60, 4, X9); \
	SPREAD8(12, 20, X10); \
	VINSERTI128  $1, X10, Y9, Y9; \
	VPSHUFB      Y9, Y8, Y8; \
	PRODUCTS(0, Y8, Y2); \
	VMOVDQU      (SI)(R9*1), X11; \
	VINSERTI128  $1, (SI)(R10*1), Y11, Y11; \
	SPREAD8(28, 36, X12); \
	SPREAD8(44, 52, X13); \
	VINSERTI128  $1, X13, Y12, Y12; \
	VPSHUFB      Y12, Y11, Y11; \
	PRODUCTS(32, Y11, Y3); \
	POPCNTQ      AX, AX; \
	ADDQ         AX, SI; \
	ADDQ         $8, BX; \
	ADDQ         $64, R12; \
	ADDQ         $64, DX; \
	ADDQ         $64, R13

// func gemvMaskQ8AVX2(dst *float32, mask, values *byte, scales *uint16, q, abs *int8, wide *float32, rows, words int)
TEXT ·gemvMaskQ8AVX2(SB), NOSPLIT, $16-72
	MOVQ     dst+0(FP), DI
	MOVQ     mask+8(FP), BX
	MOVQ     values+16(FP), SI
	LEAQ     ·spread8(SB), BP
	VPCMPEQW Y15, Y15, Y15
	VPSRLW   $15, Y15, Y15           // 1

row:
	MOVQ   q+32(FP), R12
	MOVQ   abs+40(FP), DX
	MOVQ   wide+48(FP), R13
	MOVQ   scales+24(FP), R8
	MOVQ   R8, scale-8(SP)
	ADDQ   $2, scales+24(FP)         // the next row's
	MOVQ   words+64(FP), CX
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1

group:
	VXORPS       Y2, Y2, Y2
	VXORPS       Y3, Y3, Y3
	WORD
	DECQ         CX
	JZ           scale
	WORD
	DECQ         CX

scale:
	MOVQ         scale-8(SP), R8
	VPBROADCASTW (R8), X6
	VCVTPH2PS    X6, Y6
	VFMADD231PS  Y6, Y2, Y0
	VFMADD231PS  Y6, Y3, Y1
	ADDQ         $32, scale-8(SP)
	TESTQ        CX, CX
	JNZ          group
	VADDPS       Y1, Y0, Y0
	BYHALVES8(Y0, X0, X1)
	VMOVSS       X0, (DI)
	ADDQ         $4, DI
	DECQ         rows+56(FP)
	JNZ          row
	VZEROUPPER
	RET
