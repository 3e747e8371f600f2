//go:build !noasm

#include "textflag.h"
#include "neon_arm64.h"

// The tile is 8 rows of three vectors: row i of the sums is in V(8+3i) and the
// two after it, a column of A in V0..V1, a row of B in V2..V4.

#define ZERO(x, y, z) \
	VEOR x.B16, x.B16, x.B16; \
	VEOR y.B16, y.B16, y.B16; \
	VEOR z.B16, z.B16, z.B16

// STEP adds a[i] times the row of B to row i.
#define STEP(i) \
	FMLA4SX(0, i, 2, 8+3*i); \
	FMLA4SX(0, i, 3, 9+3*i); \
	FMLA4SX(0, i, 4, 10+3*i)

#define TIMES_ALPHA(i) \
	FMUL4SX(0, 0, 8+3*i, 8+3*i); \
	FMUL4SX(0, 0, 9+3*i, 9+3*i); \
	FMUL4SX(0, 0, 10+3*i, 10+3*i)

// ADD_BETA adds beta times a row of C to row i.
#define ADD_BETA(i) \
	VLD1 (R3), [V2.S4, V3.S4, V4.S4]; \
	FMLA4SX(1, 0, 2, 8+3*i); \
	FMLA4SX(1, 0, 3, 9+3*i); \
	FMLA4SX(1, 0, 4, 10+3*i)

// WRITE puts a row of C there, and leaves if it was the last of m.
#define WRITE(x, y, z) \
	VST1 [x.S4, y.S4, z.S4], (R3); \
	ADD  R6, R3; \
	SUBS $1, R7; \
	BEQ  done

// func gemm32NEON(k int, alpha float32, a *float32, as int, b *float32, bs int, beta float32, c *float32, ldc, m int)
TEXT ·gemm32NEON(SB), NOSPLIT, $0-80
	MOVD k+0(FP), R0
	MOVD a+16(FP), R1
	MOVD as+24(FP), R4
	MOVD b+32(FP), R2
	MOVD bs+40(FP), R5
	MOVD c+56(FP), R3
	MOVD ldc+64(FP), R6
	MOVD m+72(FP), R7
	LSL  $2, R4, R4             // strides in bytes
	LSL  $2, R5, R5
	LSL  $2, R6, R6
	ZERO(V8, V9, V10)
	ZERO(V11, V12, V13)
	ZERO(V14, V15, V16)
	ZERO(V17, V18, V19)
	ZERO(V20, V21, V22)
	ZERO(V23, V24, V25)
	ZERO(V26, V27, V28)
	ZERO(V29, V30, V31)
	CBZ  R0, write

loop:
	VLD1.P (R1)(R4), [V0.S4, V1.S4]        // a[p*as:][:8]
	VLD1.P (R2)(R5), [V2.S4, V3.S4, V4.S4] // b[p*bs:][:12]
	STEP(0)
	STEP(1)
	STEP(2)
	STEP(3)
	STEP(4)
	STEP(5)
	STEP(6)
	STEP(7)
	SUBS $1, R0
	BNE  loop

write:
	FMOVS alpha+8(FP), F0
	FMOVS beta+48(FP), F1
	TIMES_ALPHA(0)
	TIMES_ALPHA(1)
	TIMES_ALPHA(2)
	TIMES_ALPHA(3)
	TIMES_ALPHA(4)
	TIMES_ALPHA(5)
	TIMES_ALPHA(6)
	TIMES_ALPHA(7)
	FCMPS $(0.0), F1
	BEQ   put                 // C is not read
	ADD_BETA(0)
	WRITE(V8, V9, V10)
	ADD_BETA(1)
	WRITE(V11, V12, V13)
	ADD_BETA(2)
	WRITE(V14, V15, V16)
	ADD_BETA(3)
	WRITE(V17, V18, V19)
	ADD_BETA(4)
	WRITE(V20, V21, V22)
	ADD_BETA(5)
	WRITE(V23, V24, V25)
	ADD_BETA(6)
	WRITE(V26, V27, V28)
	ADD_BETA(7)
	VST1 [V29.S4, V30.S4, V31.S4], (R3)
	RET

put:
	WRITE(V8, V9, V10)
	WRITE(V11, V12, V13)
	WRITE(V14, V15, V16)
	WRITE(V17, V18, V19)
	WRITE(V20, V21, V22)
	WRITE(V23, V24, V25)
	WRITE(V26, V27, V28)
	VST1 [V29.S4, V30.S4, V31.S4], (R3)

done:
	RET
