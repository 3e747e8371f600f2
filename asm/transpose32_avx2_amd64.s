//go:build !noasm

#include "textflag.h"

// TURN leaves four columns of the square in Y8, Y9, Y10 and Y11, given pairs
// of rows 0 and 4, 1 and 5, 2 and 6, 3 and 7 in Y0..Y3.
#define TURN \
	VUNPCKLPS Y1, Y0, Y4; /* r0[0] r1[0] r0[1] r1[1] | r4 r5 alike */ \
	VUNPCKHPS Y1, Y0, Y5; /* r0[2] r1[2] r0[3] r1[3] | */ \
	VUNPCKLPS Y3, Y2, Y6; /* r2[0] r3[0] r2[1] r3[1] | r6 r7 alike */ \
	VUNPCKHPS Y3, Y2, Y7; /* r2[2] r3[2] r2[3] r3[3] | */ \
	VUNPCKLPD Y6, Y4, Y8; /* column 0 */ \
	VUNPCKHPD Y6, Y4, Y9; /* column 1 */ \
	VUNPCKLPD Y7, Y5, Y10; /* column 2 */ \
	VUNPCKHPD Y7, Y5, Y11 // column 3

// PUT8 and PUT6 write a column of eight or six rows to the next row of dst.
#define PUT8(x, y) \
	VMOVUPS y, (DI); \
	ADDQ    R8, DI

#define PUT6(x, y) \
	VMOVUPS      x, (DI); \
	VEXTRACTF128 $1, y, X0; \
	VMOVLPS      X0, 16(DI); \
	ADDQ         R8, DI

// ARGS loads the arguments.
#define ARGS \
	MOVQ dst+0(FP), DI; \
	MOVQ w+8(FP), R8; \
	MOVQ src+16(FP), SI; \
	MOVQ ld+24(FP), R9; \
	MOVQ k+32(FP), CX; \
	SHLQ $2, R8; /* strides in bytes */ \
	SHLQ $2, R9; \
	LEAQ (R9)(R9*2), R10; /* three rows */ \
	LEAQ (SI)(R9*4), R11; /* row 4 */ \
	SHRQ $3, CX // squares

// AHEAD prefetches what the eight rows from R12 on have in these columns: rows
// are far apart, and no hardware prefetcher sees which comes next.
#define AHEAD \
	PREFETCHT0 (R12); \
	PREFETCHT0 (R12)(R9*1); \
	PREFETCHT0 (R12)(R9*2); \
	PREFETCHT0 (R12)(R10*1); \
	PREFETCHT0 (R13); \
	PREFETCHT0 (R13)(R9*1); \
	PREFETCHT0 (R13)(R9*2); \
	PREFETCHT0 (R13)(R10*1); \
	ADDQ       $32, R12; \
	ADDQ       $32, R13

// func transpose8AVX2(dst *float32, w int, src *float32, ld, k int)
TEXT ·transpose8AVX2(SB), NOSPLIT, $0-40
	ARGS
	LEAQ (SI)(R9*8), R12     // the next group of rows
	LEAQ (R12)(R9*4), R13

square:
	AHEAD
	VMOVUPS     (SI), X0             // r0[0:4]
	VINSERTF128 $1, (R11), Y0, Y0    // r4[0:4]
	VMOVUPS     (SI)(R9*1), X1
	VINSERTF128 $1, (R11)(R9*1), Y1, Y1
	VMOVUPS     (SI)(R9*2), X2
	VINSERTF128 $1, (R11)(R9*2), Y2, Y2
	VMOVUPS     (SI)(R10*1), X3
	VINSERTF128 $1, (R11)(R10*1), Y3, Y3
	TURN
	PUT8(X8, Y8)
	PUT8(X9, Y9)
	PUT8(X10, Y10)
	PUT8(X11, Y11)
	VMOVUPS     16(SI), X0           // r0[4:8]
	VINSERTF128 $1, 16(R11), Y0, Y0  // r4[4:8]
	VMOVUPS     16(SI)(R9*1), X1
	VINSERTF128 $1, 16(R11)(R9*1), Y1, Y1
	VMOVUPS     16(SI)(R9*2), X2
	VINSERTF128 $1, 16(R11)(R9*2), Y2, Y2
	VMOVUPS     16(SI)(R10*1), X3
	VINSERTF128 $1, 16(R11)(R10*1), Y3, Y3
	TURN
	PUT8(X8, Y8)
	PUT8(X9, Y9)
	PUT8(X10, Y10)
	PUT8(X11, Y11)
	ADDQ $32, SI
	ADDQ $32, R11
	DECQ CX
	JNZ  square
	VZEROUPPER
	RET

// func transpose6AVX2(dst *float32, w int, src *float32, ld, k int)
TEXT ·transpose6AVX2(SB), NOSPLIT, $0-40
	ARGS
	LEAQ (R11)(R9*2), R12    // the next group of rows
	LEAQ (R12)(R9*4), R13

square:
	AHEAD
	VMOVUPS     (SI), X0             // r0[0:4]
	VINSERTF128 $1, (R11), Y0, Y0    // r4[0:4]
	VMOVUPS     (SI)(R9*1), X1
	VINSERTF128 $1, (R11)(R9*1), Y1, Y1
	VMOVUPS     (SI)(R9*2), X2       // there is no row 6
	VMOVUPS     (SI)(R10*1), X3
	TURN
	PUT6(X8, Y8)
	PUT6(X9, Y9)
	PUT6(X10, Y10)
	PUT6(X11, Y11)
	VMOVUPS     16(SI), X0           // r0[4:8]
	VINSERTF128 $1, 16(R11), Y0, Y0  // r4[4:8]
	VMOVUPS     16(SI)(R9*1), X1
	VINSERTF128 $1, 16(R11)(R9*1), Y1, Y1
	VMOVUPS     16(SI)(R9*2), X2
	VMOVUPS     16(SI)(R10*1), X3
	TURN
	PUT6(X8, Y8)
	PUT6(X9, Y9)
	PUT6(X10, Y10)
	PUT6(X11, Y11)
	ADDQ $32, SI
	ADDQ $32, R11
	DECQ CX
	JNZ  square
	VZEROUPPER
	RET
