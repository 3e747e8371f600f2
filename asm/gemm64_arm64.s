//go:build !noasm

#include "textflag.h"
#include "neon_arm64.h"

// The tile is 6 rows of four vectors: row i of the sums is in V(8+4i) and the
// three after it, a column of A in V0..V2, a row of B in V3..V6.

#define ZERO(x, y, z, w) \
	VEOR x.B16, x.B16, x.B16; \
	VEOR y.B16, y.B16, y.B16; \
	VEOR z.B16, z.B16, z.B16; \
	VEOR w.B16, w.B16, w.B16

// STEP adds a[i] times the row of B to row i.
#define STEP(i) \
	FMLA2DX(0, i, 3, 8+4*i); \
	FMLA2DX(0, i, 4, 9+4*i); \
	FMLA2DX(0, i, 5, 10+4*i); \
	FMLA2DX(0, i, 6, 11+4*i)

#define TIMES_ALPHA(i) \
	FMUL2DX(0, 0, 8+4*i, 8+4*i); \
	FMUL2DX(0, 0, 9+4*i, 9+4*i); \
	FMUL2DX(0, 0, 10+4*i, 10+4*i); \
	FMUL2DX(0, 0, 11+4*i, 11+4*i)

// ADD_BETA adds beta times a row of C to row i.
#define ADD_BETA(i) \
	VLD1 (R3), [V3.D2, V4.D2, V5.D2, V6.D2]; \
	FMLA2DX(1, 0, 3, 8+4*i); \
	FMLA2DX(1, 0, 4, 9+4*i); \
	FMLA2DX(1, 0, 5, 10+4*i); \
	FMLA2DX(1, 0, 6, 11+4*i)

// WRITE puts a row of C there, and leaves if it was the last of m.
#define WRITE(x, y, z, w) \
	VST1 [x.D2, y.D2, z.D2, w.D2], (R3); \
	ADD  R6, R3; \
	SUBS $1, R7; \
	BEQ  done

// func gemm64NEON(k int, alpha float64, a *float64, as int, b *float64, bs int, beta float64, c *float64, ldc, m int)
TEXT ·gemm64NEON(SB), NOSPLIT, $0-80
	MOVD k+0(FP), R0
	MOVD a+16(FP), R1
	MOVD as+24(FP), R4
	MOVD b+32(FP), R2
	MOVD bs+40(FP), R5
	MOVD c+56(FP), R3
	MOVD ldc+64(FP), R6
	MOVD m+72(FP), R7
	LSL  $3, R4, R4             // strides in bytes
	LSL  $3, R5, R5
	LSL  $3, R6, R6
	ZERO(V8, V9, V10, V11)
	ZERO(V12, V13, V14, V15)
	ZERO(V16, V17, V18, V19)
	ZERO(V20, V21, V22, V23)
	ZERO(V24, V25, V26, V27)
	ZERO(V28, V29, V30, V31)
	CBZ  R0, write

loop:
	VLD1.P (R1)(R4), [V0.D2, V1.D2, V2.D2]        // a[p*as:][:6]
	VLD1.P (R2)(R5), [V3.D2, V4.D2, V5.D2, V6.D2] // b[p*bs:][:8]
	STEP(0)
	STEP(1)
	STEP(2)
	STEP(3)
	STEP(4)
	STEP(5)
	SUBS $1, R0
	BNE  loop

write:
	FMOVD alpha+8(FP), F0
	FMOVD beta+48(FP), F1
	TIMES_ALPHA(0)
	TIMES_ALPHA(1)
	TIMES_ALPHA(2)
	TIMES_ALPHA(3)
	TIMES_ALPHA(4)
	TIMES_ALPHA(5)
	FCMPD $(0.0), F1
	BEQ   put                 // C is not read
	ADD_BETA(0)
	WRITE(V8, V9, V10, V11)
	ADD_BETA(1)
	WRITE(V12, V13, V14, V15)
	ADD_BETA(2)
	WRITE(V16, V17, V18, V19)
	ADD_BETA(3)
	WRITE(V20, V21, V22, V23)
	ADD_BETA(4)
	WRITE(V24, V25, V26, V27)
	ADD_BETA(5)
	VST1 [V28.D2, V29.D2, V30.D2, V31.D2], (R3)
	RET

put:
	WRITE(V8, V9, V10, V11)
	WRITE(V12, V13, V14, V15)
	WRITE(V16, V17, V18, V19)
	WRITE(V20, V21, V22, V23)
	WRITE(V24, V25, V26, V27)
	VST1 [V28.D2, V29.D2, V30.D2, V31.D2], (R3)

done:
	RET
