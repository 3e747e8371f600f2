// Activations x·F(x) of a vector of float32, operation by operation as
// smooth_generic.go has them, for AVX2 and AVX-512. A file that includes it
// defines V0 to V15 as the registers of its width, and
//
//	SELECTLESS(a, b, from, into, tmp): into = from where a < b
//	ADVANCE(pointer): adds the bytes of a vector

#define WIDESMOOTH(at, pair) \
	DATA smooth<>+(at)(SB)/8, $pair; \
	DATA smooth<>+(at+8)(SB)/8, $pair; \
	DATA smooth<>+(at+16)(SB)/8, $pair; \
	DATA smooth<>+(at+24)(SB)/8, $pair; \
	DATA smooth<>+(at+32)(SB)/8, $pair; \
	DATA smooth<>+(at+40)(SB)/8, $pair; \
	DATA smooth<>+(at+48)(SB)/8, $pair; \
	DATA smooth<>+(at+56)(SB)/8, $pair

WIDESMOOTH(0, 0x3dff508c3dff508c) // normal0
WIDESMOOTH(64, 0x3dff7d333dff7d33) // normal1
WIDESMOOTH(128, 0x3de5225b3de5225b) // normal2
WIDESMOOTH(192, 0x3db884733db88473) // normal3
WIDESMOOTH(256, 0x3d6370143d637014) // normal4
WIDESMOOTH(320, 0xbb25a905bb25a905) // normal5
WIDESMOOTH(384, 0x3d98279a3d98279a) // normal6
WIDESMOOTH(448, 0xbe1abb35be1abb35) // normal7
WIDESMOOTH(512, 0x3dbb47c13dbb47c1) // normal8
WIDESMOOTH(576, 0xbc9be102bc9be102) // normal9
WIDESMOOTH(640, 0x3ea000003ea00000) // normalScale
WIDESMOOTH(704, 0x3ecc422a3ecc422a) // density0
WIDESMOOTH(768, 0xbf000000bf000000) // -1/2
WIDESMOOTH(832, 0x3f0000003f000000) // 1/2
WIDESMOOTH(896, 0x4000000040000000) // 2
WIDESMOOTH(960, 0x4300000043000000) // smoothMax
WIDESMOOTH(1024, 0xc3000000c3000000) // -smoothMax
WIDESMOOTH(1088, 0x7fffffff7fffffff) // all but the sign
WIDESMOOTH(1152, 0x7f8000007f800000) // Inf
GLOBL smooth<>(SB), RODATA|NOPTR, $1216

#define NORMAL(k) smooth<>+(64*k)(SB)
#define SCALE smooth<>+640(SB)
#define DENSITY smooth<>+704(SB)
#define MINUSHALF smooth<>+768(SB)
#define HALF smooth<>+832(SB)
#define TWO smooth<>+896(SB)
#define HIGHEST smooth<>+960(SB)
#define LOWEST smooth<>+1024(SB)
#define MAGNITUDE smooth<>+1088(SB)
#define INF smooth<>+1152(SB)

// CLAMPED leaves y, x of V12 within ±smoothMax, in V6, y² in V7 and the rounding
// error of y² in V8. It uses V9.
#define CLAMPED \
	VMOVUPS HIGHEST, V9; \
	VMINPS  V12, V9, V6; /* a NaN stays */ \
	VMOVUPS LOWEST, V9; \
	VMAXPS  V6, V9, V6; \
	VMULPS  V6, V6, V7; \
	VMOVAPS V7, V8; \
	VFNMADD231PS V6, V6, V8

// LOGISTIC computes σ(x(a + bx²)) of V12 in V8, a and b being at R12, and leaves
// y in V6 and y² in V7. It uses V9 and V13 to V15.
#define LOGISTIC \
	CLAMPED; \
	VBROADCASTSS 8(R12), V9; \
	VMULPS  V8, V9, V8; /* b * error of y² */ \
	VMULPS  V7, V9, V13; /* cubic = b*y² */ \
	VMOVAPS V13, V14; \
	VFNMADD231PS V7, V9, V14; /* its error */ \
	VBROADCASTSS (R12), V9; \
	VADDPS  V13, V9, V15; /* q = a + cubic */ \
	VSUBPS  V9, V15, V7; /* part = q - a */ \
	VSUBPS  V7, V13, V13; /* cubic - part */ \
	VSUBPS  V7, V15, V7; \
	VSUBPS  V7, V9, V9; /* a - (q - part) */ \
	VADDPS  V13, V9, V9; \
	VSUBPS  V14, V9, V9; \
	VSUBPS  V8, V9, V9; \
	VMULPS  V6, V6, V7; \
	VBROADCASTSS 12(R12), V8; \
	VMULPS  V7, V8, V8; /* lower part of b, times y² */ \
	VBROADCASTSS 4(R12), V13; \
	VADDPS  V13, V8, V8; \
	VADDPS  V8, V9, V9; /* the lower part of q */ \
	VMULPS  V15, V6, V8; /* h = y*q */ \
	VMULPS  V6, V9, V9; \
	VMOVAPS V8, V13; \
	VFNMADD231PS V15, V6, V13; \
	VSUBPS  V13, V9, V9; /* the lower part of h */ \
	VXORPS  SIGN, V8, V8; \
	VXORPS  SIGN, V9, V9; \
	EXPSUM(V8, V9, V13, V14, V15); \
	VADDPS  ONE, V8, V8; \
	VMOVUPS ONE, V9; \
	VDIVPS  V8, V9, V8

// LOGISTICSLOPES computes φ, φ′ and φ″ at V12 in V6, V7 and V9 from what LOGISTIC
// leaves. It uses V8 and V13 to V15.
#define LOGISTICSLOPES \
	VMOVUPS ONE, V9; \
	VSUBPS  V8, V9, V9; \
	VMULPS  V9, V8, V9; /* c1 = c*(1-c) */ \
	VBROADCASTSS 16(R12), V13; \
	VMULPS  V7, V13, V13; \
	VBROADCASTSS (R12), V14; \
	VADDPS  V13, V14, V13; /* h1 = a + 3b*y² */ \
	VMULPS  V9, V6, V7; \
	VMULPS  V13, V7, V7; \
	VADDPS  V7, V8, V7; /* slope = c + y*c1*h1 */ \
	VADDPS  V8, V8, V14; \
	VMOVUPS ONE, V15; \
	VSUBPS  V14, V15, V14; /* 1 - 2c */ \
	VMULPS  V13, V13, V15; \
	VMULPS  V15, V14, V14; \
	VBROADCASTSS 20(R12), V15; \
	VMULPS  V6, V15, V15; \
	VADDPS  V15, V14, V14; /* bend = (1-2c)*h1² + 6b*y */ \
	VMULPS  V6, V14, V14; \
	VADDPS  V13, V13, V13; \
	VADDPS  V14, V13, V13; \
	VMULPS  V13, V9, V9; /* curve = c1*(2*h1 + y*bend) */ \
	VMULPS  V8, V12, V6

// DISTRIBUTION computes Φ(x) of V12 in V8, and leaves y in V6, y² in V7 and
// exp(-y²/2) in V13. It uses V9, V14 and V15.
#define DISTRIBUTION \
	CLAMPED; \
	VMULPS  MINUSHALF, V7, V13; \
	VMULPS  HALF, V8, V14; \
	EXPSUM(V13, V14, V8, V9, V15); \
	VANDPS  MAGNITUDE, V6, V8; \
	VMULPS  SCALE, V8, V8; \
	VADDPS  ONE, V8, V8; \
	VMOVUPS ONE, V9; \
	VDIVPS  V8, V9, V8; /* t */ \
	VMULPS  NORMAL(9), V8, V9; \
	VADDPS  NORMAL(8), V9, V9; \
	VMULPS  V8, V9, V9; \
	VADDPS  NORMAL(7), V9, V9; \
	VMULPS  V8, V9, V9; \
	VADDPS  NORMAL(6), V9, V9; \
	VMULPS  V8, V9, V9; \
	VADDPS  NORMAL(5), V9, V9; \
	VMULPS  V8, V9, V9; \
	VADDPS  NORMAL(4), V9, V9; \
	VMULPS  V8, V9, V9; \
	VADDPS  NORMAL(3), V9, V9; \
	VMULPS  V8, V9, V9; \
	VADDPS  NORMAL(2), V9, V9; \
	VMULPS  V8, V9, V9; \
	VADDPS  NORMAL(1), V9, V9; \
	VMULPS  V8, V9, V9; \
	VADDPS  NORMAL(0), V9, V9; \
	VMULPS  V8, V9, V9; \
	VMULPS  V13, V9, V8; \
	VMOVUPS ONE, V9; \
	VSUBPS  V8, V9, V9; \
	VXORPS  V15, V15, V15; \
	SELECTLESS(V15, V12, V9, V8, V14) /* 1 - c where x > 0 */

// DISTRIBUTIONSLOPES computes φ, φ′ and φ″ at V12 in V6, V7 and V9 from what
// DISTRIBUTION leaves. It uses V13 to V15.
#define DISTRIBUTIONSLOPES \
	VMULPS  DENSITY, V13, V13; \
	VMULPS  V13, V6, V14; \
	VMOVUPS TWO, V15; \
	VSUBPS  V7, V15, V15; \
	VMULPS  V15, V13, V9; /* curve = density*(2 - y²) */ \
	VADDPS  V14, V8, V7; /* slope = c + y*density */ \
	VMULPS  V8, V12, V6

// ACTIVATE is the body of a routine that activates: F leaves F(x) in V8.
#define ACTIVATE(F, lanesof) \
	MOVQ dst+0(FP), DI; \
	MOVQ x+8(FP), SI; \
	MOVQ up+16(FP), DX; \
	MOVQ step+24(FP), R11; \
	MOVQ n+32(FP), CX; \
	MOVQ table+40(FP), R12; \
loop: \
	VMOVUPS (SI), V12; \
	F; \
	VMULPS  V8, V12, V6; /* φ(x) */ \
	VMULPS  (DX), V6, V6; \
	VMOVUPS V6, (DI); \
	ADVANCE(SI); \
	ADVANCE(DI); \
	ADDQ    R11, DX; \
	SUBQ    $lanesof, CX; \
	JNZ     loop; \
	VZEROUPPER; \
	RET

// The fields of smoothState, of 256 float32 each.
#define BEST 0
#define LEAST 1024
#define LENGTH 2048
#define TRIAL 3072

// START is the body of what begins a step: it leaves the best t on lines as the
// trial, t itself as the best, a least cost that every cost is below, and no step.
// Registers are as in TRY.
#define START(lanesof) \
	MOVQ state+0(FP), DI; \
	MOVQ t+8(FP), SI; \
	MOVQ p+16(FP), R8; \
	MOVQ m+24(FP), R9; \
	MOVQ w+32(FP), R10; \
	MOVQ step+40(FP), R11; \
	MOVQ n+48(FP), CX; \
	MOVQ table+56(FP), R12; \
	ADDQ $24, R12; /* the pieces */ \
	VBROADCASTSS alpha+64(FP), V10; \
	VBROADCASTSS gamma+68(FP), V11; \
	VXORPS  V5, V5, V5; \
loop: \
	VMOVUPS (SI), V12; \
	VMOVUPS (R8), V1; \
	VMOVUPS (R9), V2; \
	VMOVUPS (R10), V3; \
	VMOVUPS INF, V4; \
	VMOVUPS V12, BEST(DI); \
	VMOVUPS V4, LEAST(DI); \
	VMOVUPS V5, LENGTH(DI); \
	MOVQ    R12, R13; \
	MOVQ    $9, DX; \
line: \
	VBROADCASTSS 8(R13), V6; \
	VMULPS  V6, V3, V6; \
	VSUBPS  V6, V1, V6; /* e = p - w*at0 */ \
	VBROADCASTSS 12(R13), V7; \
	VMULPS  V7, V3, V7; /* ws = w*slope */ \
	VMULPS  V7, V11, V8; /* pull = gamma*ws */ \
	VMULPS  V2, V10, V9; \
	VMULPS  V6, V8, V13; \
	VADDPS  V13, V9, V9; \
	VMULPS  V7, V8, V8; \
	VADDPS  V8, V10, V8; \
	VDIVPS  V8, V9, V9; /* t = (alpha*m + pull*e) / (alpha + pull*ws) */ \
	VBROADCASTSS (R13), V8; \
	VMAXPS  V9, V8, V9; /* not before from; a NaN stays */ \
	VBROADCASTSS 4(R13), V8; \
	VMINPS  V9, V8, V9; \
	VSUBPS  V2, V9, V8; /* d = t - m */ \
	VMULPS  V9, V7, V7; \
	VSUBPS  V7, V6, V6; /* r = e - ws*t */ \
	VMULPS  V8, V8, V8; \
	VMULPS  V8, V10, V8; \
	VMULPS  V6, V6, V6; \
	VMULPS  V6, V11, V6; \
	VADDPS  V6, V8, V8; /* cost = alpha*d*d + gamma*r*r */ \
	SELECTLESS(V8, V4, V9, V12, V13); \
	VMINPS  V4, V8, V4; /* not a NaN */ \
	ADDQ    $16, R13; \
	DECQ    DX; \
	JNZ     line; \
	VMOVUPS V12, TRIAL(DI); \
	ADVANCE(DI); \
	ADVANCE(SI); \
	ADVANCE(R8); \
	ADVANCE(R9); \
	ADDQ    R11, R10; \
	SUBQ    $lanesof, CX; \
	JNZ     loop; \
	VZEROUPPER; \
	RET

// TRY is the body of what tries a t for each entry: that of trial or, where it is
// nil, what the last step leads to. F and SLOPES leave φ, φ′ and φ″ in V6, V7 and
// V9. The best is in V0, p in V1, m in V2, w in V3, the least cost in V4 and its
// step in V5, alpha in V10, gamma in V11 and the trial in V12.
#define TRY(F, SLOPES, lanesof) \
	MOVQ state+0(FP), DI; \
	MOVQ trial+8(FP), SI; \
	MOVQ p+16(FP), R8; \
	MOVQ m+24(FP), R9; \
	MOVQ w+32(FP), R10; \
	MOVQ step+40(FP), R11; \
	MOVQ n+48(FP), CX; \
	MOVQ table+56(FP), R12; \
	VBROADCASTSS alpha+64(FP), V10; \
	VBROADCASTSS gamma+68(FP), V11; \
loop: \
	VMOVUPS BEST(DI), V0; \
	VMOVUPS LENGTH(DI), V5; \
	TESTQ   SI, SI; \
	JEQ     on; \
	VMOVUPS (SI), V12; \
	ADVANCE(SI); \
	JMP     cost; \
on: \
	VSUBPS  V5, V0, V12; \
	VMULPS  QUARTER, V5, V5; \
cost: \
	VMOVUPS (R8), V1; \
	VMOVUPS (R9), V2; \
	VMOVUPS (R10), V3; \
	VMOVUPS LEAST(DI), V4; \
	F; \
	SLOPES; \
	VSUBPS  V2, V12, V8; /* d = t - m */ \
	VMULPS  V6, V3, V6; \
	VSUBPS  V6, V1, V6; /* r = p - w*value */ \
	VMULPS  V8, V8, V13; \
	VMULPS  V13, V10, V13; \
	VMULPS  V6, V6, V14; \
	VMULPS  V14, V11, V14; \
	VADDPS  V14, V13, V13; /* cost */ \
	VMULPS  V6, V3, V6; \
	VMULPS  V6, V11, V6; /* pull = gamma*(w*r) */ \
	VMULPS  V7, V3, V14; /* ws = w*slope */ \
	VMULPS  V14, V11, V15; \
	VMULPS  V14, V15, V15; \
	VADDPS  V15, V10, V15; /* gauss = alpha + gamma*ws*ws */ \
	VMULPS  V9, V6, V9; \
	VSUBPS  V9, V15, V9; /* h = gauss - pull*curve */ \
	VMULPS  V8, V10, V8; \
	VMULPS  V7, V6, V6; \
	VSUBPS  V6, V8, V8; /* alpha*d - pull*slope */ \
	VMULPS  QUARTER, V15, V14; \
	SELECTLESS(V14, V9, V9, V15, V7); \
	VDIVPS  V15, V8, V8; /* step */ \
	SELECTLESS(V13, V4, V12, V0, V14); \
	SELECTLESS(V13, V4, V8, V5, V14); \
	VMINPS  V4, V13, V4; \
	VMOVUPS V0, BEST(DI); \
	VMOVUPS V4, LEAST(DI); \
	VMOVUPS V5, LENGTH(DI); \
	ADVANCE(DI); \
	ADVANCE(R8); \
	ADVANCE(R9); \
	ADDQ    R11, R10; \
	SUBQ    $lanesof, CX; \
	JNZ     loop; \
	VZEROUPPER; \
	RET
