//go:build !noasm

#include "textflag.h"
#include "exp_arm64.h"

// Activations x·F(x) of four float32, operation by operation as smooth_generic.go
// has them.

#define WIDESMOOTH(at, pair) \
	DATA smooth<>+(at)(SB)/8, $pair; \
	DATA smooth<>+(at+8)(SB)/8, $pair

// In the order in which they are used.
WIDESMOOTH(0, 0x4300000043000000) // smoothMax
WIDESMOOTH(16, 0xc3000000c3000000) // -smoothMax
WIDESMOOTH(32, 0xbf000000bf000000) // -1/2
WIDESMOOTH(48, 0x3f0000003f000000) // 1/2
WIDESMOOTH(64, 0x3ea000003ea00000) // normalScale
WIDESMOOTH(80, 0xbc9be102bc9be102) // normal9
WIDESMOOTH(96, 0x3dbb47c13dbb47c1) // normal8
WIDESMOOTH(112, 0xbe1abb35be1abb35) // normal7
WIDESMOOTH(128, 0x3d98279a3d98279a) // normal6
WIDESMOOTH(144, 0xbb25a905bb25a905) // normal5
WIDESMOOTH(160, 0x3d6370143d637014) // normal4
WIDESMOOTH(176, 0x3db884733db88473) // normal3
WIDESMOOTH(192, 0x3de5225b3de5225b) // normal2
WIDESMOOTH(208, 0x3dff7d333dff7d33) // normal1
WIDESMOOTH(224, 0x3dff508c3dff508c) // normal0
WIDESMOOTH(240, 0x3ecc422a3ecc422a) // density0
WIDESMOOTH(256, 0x4000000040000000) // 2
GLOBL smooth<>(SB), RODATA|NOPTR, $272

// NEXT loads the next constant. EVERY fills a vector with a number of the table.
#define NEXT(v) VLD1.P 16(R15), [v.S4]
#define EVERY(at, v) \
	MOVWU at(R12), R7; \
	VDUP  R7, v.S4

// SELECTLESS sets into = from where a < b, which are numbers of registers, as is
// tmp; vtmp is its name.
#define SELECTLESS(a, b, from, into, tmp, vtmp) \
	FCMGT4S(a, b, tmp); \
	VBIT vtmp.B16, from.B16, into.B16

// CLAMPED leaves y, x of V12 within ±smoothMax, in V6, y² in V7 and the rounding
// error of y² in V8. It uses V9.
#define CLAMPED \
	MOVD $smooth<>(SB), R15; \
	NEXT(V9); \
	FMIN4S(9, 12, 6); /* a NaN stays */ \
	NEXT(V9); \
	FMAX4S(9, 6, 6); \
	FMUL4S(6, 6, 7); \
	VORR  V7.B16, V7.B16, V8.B16; \
	VFMLS V6.S4, V6.S4, V8.S4

// LOGISTIC computes σ(x(a + bx²)) of V12 in V8, a and b being at R12, and leaves
// y in V6 and y² in V7. It uses V9 and V13 to V15.
#define LOGISTIC \
	CLAMPED; \
	EVERY(8, V9); \
	FMUL4S(8, 9, 8); /* b * error of y² */ \
	FMUL4S(7, 9, 13); /* cubic = b*y² */ \
	VORR  V13.B16, V13.B16, V14.B16; \
	VFMLS V7.S4, V9.S4, V14.S4; /* its error */ \
	EVERY(0, V9); \
	FADD4S(13, 9, 15); /* q = a + cubic */ \
	FSUB4S(9, 15, 7); /* part = q - a */ \
	FSUB4S(7, 13, 13); /* cubic - part */ \
	FSUB4S(7, 15, 7); \
	FSUB4S(7, 9, 9); /* a - (q - part) */ \
	FADD4S(13, 9, 9); \
	FSUB4S(14, 9, 9); \
	FSUB4S(8, 9, 9); \
	FMUL4S(6, 6, 7); \
	EVERY(12, V8); \
	FMUL4S(7, 8, 8); /* lower part of b, times y² */ \
	EVERY(4, V13); \
	FADD4S(13, 8, 8); \
	FADD4S(8, 9, 9); /* the lower part of q */ \
	FMUL4S(15, 6, 8); /* h = y*q */ \
	FMUL4S(6, 9, 9); \
	VORR  V8.B16, V8.B16, V13.B16; \
	VFMLS V15.S4, V6.S4, V13.S4; \
	FSUB4S(13, 9, 9); /* the lower part of h */ \
	EOR16B(SIGN, 8, 8); \
	EOR16B(SIGN, 9, 9); \
	EXPSUM(8, 9, 13, 14, 15); \
	FADD4S(ONE, 8, 8); \
	FDIV4S(8, ONE, 8)

// LOGISTICSLOPES computes φ, φ′ and φ″ at V12 in V6, V7 and V9 from what LOGISTIC
// leaves. It uses V8 and V13 to V15.
#define LOGISTICSLOPES \
	FSUB4S(8, ONE, 9); \
	FMUL4S(9, 8, 9); /* c1 = c*(1-c) */ \
	EVERY(16, V13); \
	FMUL4S(7, 13, 13); \
	EVERY(0, V14); \
	FADD4S(13, 14, 13); /* h1 = a + 3b*y² */ \
	FMUL4S(9, 6, 7); \
	FMUL4S(13, 7, 7); \
	FADD4S(7, 8, 7); /* slope = c + y*c1*h1 */ \
	FADD4S(8, 8, 14); \
	FSUB4S(14, ONE, 14); /* 1 - 2c */ \
	FMUL4S(13, 13, 15); \
	FMUL4S(15, 14, 14); \
	EVERY(20, V15); \
	FMUL4S(6, 15, 15); \
	FADD4S(15, 14, 14); /* bend = (1-2c)*h1² + 6b*y */ \
	FMUL4S(6, 14, 14); \
	FADD4S(13, 13, 13); \
	FADD4S(14, 13, 13); \
	FMUL4S(13, 9, 9); /* curve = c1*(2*h1 + y*bend) */ \
	FMUL4S(8, 12, 6)

#define HORNER \
	FMUL4S(8, 9, 9); \
	NEXT(V14); \
	FADD4S(14, 9, 9)

// DISTRIBUTION computes Φ(x) of V12 in V8, and leaves y in V6, y² in V7,
// exp(-y²/2) in V13, and R15 at density0. It uses V9, V14 and V15.
#define DISTRIBUTION \
	CLAMPED; \
	NEXT(V9); \
	FMUL4S(9, 7, 13); \
	NEXT(V9); \
	FMUL4S(9, 8, 14); \
	EXPSUM(13, 14, 8, 9, 15); \
	VORR V6.B16, V6.B16, V8.B16; \
	VEOR V15.B16, V15.B16, V15.B16; \
	VBIT V29.B16, V15.B16, V8.B16; /* its sign off */ \
	NEXT(V9); \
	FMUL4S(9, 8, 8); \
	FADD4S(ONE, 8, 8); \
	FDIV4S(8, ONE, 8); /* t */ \
	NEXT(V9); \
	HORNER; \
	HORNER; \
	HORNER; \
	HORNER; \
	HORNER; \
	HORNER; \
	HORNER; \
	HORNER; \
	HORNER; \
	FMUL4S(8, 9, 9); \
	FMUL4S(13, 9, 8); \
	FSUB4S(8, ONE, 9); \
	SELECTLESS(15, 12, V9, V8, 14, V14) /* 1 - c where x > 0 */

// DISTRIBUTIONSLOPES computes φ, φ′ and φ″ at V12 in V6, V7 and V9 from what
// DISTRIBUTION leaves. It uses V13 to V15.
#define DISTRIBUTIONSLOPES \
	NEXT(V14); \
	FMUL4S(14, 13, 13); \
	FMUL4S(13, 6, 14); \
	NEXT(V15); \
	FSUB4S(7, 15, 15); \
	FMUL4S(15, 13, 9); /* curve = density*(2 - y²) */ \
	FADD4S(14, 8, 7); /* slope = c + y*density */ \
	FMUL4S(8, 12, 6)

// ACTIVATE is the body of a routine that activates: F leaves F(x) in V8.
#define ACTIVATE(F) \
	LOAD; \
	MOVD dst+0(FP), R1; \
	MOVD x+8(FP), R2; \
	MOVD up+16(FP), R3; \
	MOVD step+24(FP), R11; \
	MOVD n+32(FP), R4; \
	MOVD table+40(FP), R12; \
loop: \
	VLD1.P 16(R2), [V12.S4]; \
	F; \
	FMUL4S(8, 12, 6); /* φ(x) */ \
	VLD1 (R3), [V7.S4]; \
	ADD  R11, R3; \
	FMUL4S(7, 6, 6); \
	VST1.P [V6.S4], 16(R1); \
	SUBS $4, R4; \
	BNE  loop; \
	RET

// The fields of smoothState are 1024 bytes from one another. BLOCK leaves the
// addresses of best, least, length and trial in R1 to R4, and the arguments that
// both routines have.
#define BLOCK \
	LOAD; \
	MOVD  state+0(FP), R1; \
	ADD   $1024, R1, R2; \
	ADD   $2048, R1, R3; \
	ADD   $3072, R1, R4; \
	MOVD  p+16(FP), R6; \
	MOVD  m+24(FP), R8; \
	MOVD  w+32(FP), R9; \
	MOVD  step+40(FP), R11; \
	MOVD  n+48(FP), R10; \
	MOVD  table+56(FP), R12; \
	MOVWU alpha+64(FP), R7; \
	VDUP  R7, V10.S4; \
	MOVWU gamma+68(FP), R7; \
	VDUP  R7, V11.S4

#define OPERANDS \
	VLD1.P 16(R6), [V1.S4]; \
	VLD1.P 16(R8), [V2.S4]; \
	VLD1   (R9), [V3.S4]; \
	ADD    R11, R9

// TRY is the body of what tries a t for each entry: that of trial or, where it is
// nil, what the last step leads to. F and SLOPES leave φ, φ′ and φ″ in V6, V7 and
// V9. The best is in V0, p in V1, m in V2, w in V3, the least cost in V4 and its
// step in V5, alpha in V10, gamma in V11 and the trial in V12.
#define TRY(F, SLOPES) \
	BLOCK; \
	MOVD trial+8(FP), R5; \
loop: \
	VLD1 (R1), [V0.S4]; \
	VLD1 (R2), [V4.S4]; \
	VLD1 (R3), [V5.S4]; \
	CBZ  R5, on; \
	VLD1.P 16(R5), [V12.S4]; \
	B    cost; \
on: \
	FSUB4S(5, 0, 12); \
	FMUL4S(QUARTER, 5, 5); \
cost: \
	OPERANDS; \
	F; \
	SLOPES; \
	FSUB4S(2, 12, 8); /* d = t - m */ \
	FMUL4S(6, 3, 6); \
	FSUB4S(6, 1, 6); /* r = p - w*value */ \
	FMUL4S(8, 8, 13); \
	FMUL4S(13, 10, 13); \
	FMUL4S(6, 6, 14); \
	FMUL4S(14, 11, 14); \
	FADD4S(14, 13, 13); /* cost */ \
	FMUL4S(6, 3, 6); \
	FMUL4S(6, 11, 6); /* pull = gamma*(w*r) */ \
	FMUL4S(7, 3, 14); /* ws = w*slope */ \
	FMUL4S(14, 11, 15); \
	FMUL4S(14, 15, 15); \
	FADD4S(15, 10, 15); /* gauss = alpha + gamma*ws*ws */ \
	FMUL4S(9, 6, 9); \
	FSUB4S(9, 15, 9); /* h = gauss - pull*curve */ \
	FMUL4S(8, 10, 8); \
	FMUL4S(7, 6, 6); \
	FSUB4S(6, 8, 8); /* alpha*d - pull*slope */ \
	FMUL4S(QUARTER, 15, 14); \
	SELECTLESS(14, 9, V9, V15, 7, V7); \
	FDIV4S(15, 8, 8); /* step */ \
	FCMGT4S(13, 4, 14); /* cost < least */ \
	VBIT V14.B16, V12.B16, V0.B16; \
	VBIT V14.B16, V8.B16, V5.B16; \
	VBIT V14.B16, V13.B16, V4.B16; \
	VST1.P [V0.S4], 16(R1); \
	VST1.P [V4.S4], 16(R2); \
	VST1.P [V5.S4], 16(R3); \
	SUBS $4, R10; \
	BNE  loop; \
	RET

// func activateLogisticNEON(dst, x, up *float32, step, n int, table *table)
TEXT ·activateLogisticNEON(SB), NOSPLIT, $0-48
	ACTIVATE(LOGISTIC)

// func activateNormalNEON(dst, x, up *float32, step, n int, table *table)
TEXT ·activateNormalNEON(SB), NOSPLIT, $0-48
	ACTIVATE(DISTRIBUTION)

// func tryLogisticNEON(state *smoothState, trial, p, m, w *float32, step, n int, table *table, alpha, gamma float32)
TEXT ·tryLogisticNEON(SB), NOSPLIT, $0-72
	TRY(LOGISTIC, LOGISTICSLOPES)

// func tryNormalNEON(state *smoothState, trial, p, m, w *float32, step, n int, table *table, alpha, gamma float32)
TEXT ·tryNormalNEON(SB), NOSPLIT, $0-72
	TRY(DISTRIBUTION, DISTRIBUTIONSLOPES)

// func startSmoothNEON(state *smoothState, t, p, m, w *float32, step, n int, table *table, alpha, gamma float32)
TEXT ·startSmoothNEON(SB), NOSPLIT, $0-72
	BLOCK
	MOVD  t+8(FP), R5
	MOVD  $0x7f800000, R7 // Inf
	VDUP  R7, V15.S4
	VEOR  V5.B16, V5.B16, V5.B16
	ADD   $24, R12           // the pieces

loop:
	VLD1.P 16(R5), [V12.S4]
	OPERANDS
	VST1.P [V12.S4], 16(R1)
	VST1.P [V15.S4], 16(R2)
	VST1.P [V5.S4], 16(R3)
	VORR  V15.B16, V15.B16, V4.B16
	MOVD  R12, R13
	MOVD  $9, R14

line:
	MOVWU 8(R13), R7
	VDUP  R7, V6.S4
	FMUL4S(6, 3, 6)
	FSUB4S(6, 1, 6)          // e = p - w*at0
	MOVWU 12(R13), R7
	VDUP  R7, V7.S4
	FMUL4S(7, 3, 7)          // ws = w*slope
	FMUL4S(7, 11, 8)         // pull = gamma*ws
	FMUL4S(2, 10, 9)
	FMUL4S(6, 8, 13)
	FADD4S(13, 9, 9)
	FMUL4S(7, 8, 8)
	FADD4S(8, 10, 8)
	FDIV4S(8, 9, 9)          // t = (alpha*m + pull*e) / (alpha + pull*ws)
	MOVWU 0(R13), R7
	VDUP  R7, V8.S4
	FMAX4S(8, 9, 9)          // not before from; a NaN stays
	MOVWU 4(R13), R7
	VDUP  R7, V8.S4
	FMIN4S(8, 9, 9)
	FSUB4S(2, 9, 8)          // d = t - m
	FMUL4S(9, 7, 7)
	FSUB4S(7, 6, 6)          // r = e - ws*t
	FMUL4S(8, 8, 8)
	FMUL4S(8, 10, 8)
	FMUL4S(6, 6, 6)
	FMUL4S(6, 11, 6)
	FADD4S(6, 8, 8)          // cost = alpha*d*d + gamma*r*r
	FCMGT4S(8, 4, 13)        // cost < least
	VBIT  V13.B16, V9.B16, V12.B16
	VBIT  V13.B16, V8.B16, V4.B16
	ADD   $16, R13
	SUBS  $1, R14
	BNE   line
	VST1.P [V12.S4], 16(R4)
	SUBS  $4, R10
	BNE   loop
	RET
