// The exponential of four float32, operation by operation as exp32 has it, and
// its constants, for the files that include it.

#include "neon_arm64.h"

// WIDE fills a vector of the table with a pair of float32.
#define WIDE(at, pair) \
	DATA consts<>+(at)(SB)/8, $pair; \
	DATA consts<>+(at+8)(SB)/8, $pair

WIDE(0, 0x42b2000042b20000) // 89: overflows
WIDE(16, 0xc2d00000c2d00000) // -104: vanishes
WIDE(32, 0x3fb8aa3b3fb8aa3b) // log2(e)
WIDE(48, 0x4b4000004b400000) // 1.5 * 2^23
WIDE(64, 0x3f3180003f318000) // upper part of ln 2
WIDE(80, 0xb95e8083b95e8083) // lower part
WIDE(96, 0x3efffffe3efffffe) // exp0
WIDE(112, 0x3e2aaa493e2aaa49) // exp1
WIDE(128, 0x3d2aac793d2aac79) // exp2
WIDE(144, 0x3c091cf03c091cf0) // exp3
WIDE(160, 0x3ab5121d3ab5121d) // exp4
WIDE(176, 0x3f8000003f800000) // 1
WIDE(192, 0x0000007f0000007f) // 127, an integer
WIDE(208, 0x8000000080000000) // -0
WIDE(224, 0x3e8000003e800000) // 1/4
WIDE(240, 0xff800000ff800000) // -Inf: less than any cost
GLOBL consts<>(SB), RODATA|NOPTR, $256

// LOAD leaves the constants in V16 to V31. Below are their numbers, and the
// name of the one that is never multiplied.
#define LOAD \
	MOVD   $consts<>(SB), R0; \
	VLD1.P 64(R0), [V16.S4, V17.S4, V18.S4, V19.S4]; \
	VLD1.P 64(R0), [V20.S4, V21.S4, V22.S4, V23.S4]; \
	VLD1.P 64(R0), [V24.S4, V25.S4, V26.S4, V27.S4]; \
	VLD1   (R0), [V28.S4, V29.S4, V30.S4, V31.S4]

#define MAX 16
#define MIN 17
#define LOG2E 18
#define MAGIC 19
#define LN2HI 20
#define LN2LO 21
#define EXP0 22
#define EXP1 23
#define EXP2 24
#define EXP3 25
#define EXP4 26
#define ONE 27
#define BIAS 28
#define SIGN 29
#define QUARTER 30
#define LESS V31

// REDUCE leaves r = x − n·ln 2 in x, and n in the lower bits of t. It uses n and p.
// All are numbers of registers, here and below.
#define REDUCE(x, t, n, p) \
	FMIN4S(MAX, x, x); /* a NaN stays */ \
	FMAX4S(MIN, x, x); \
	FMUL4S(LOG2E, x, t); \
	FADD4S(MAGIC, t, t); /* n in the lower bits */ \
	FSUB4S(MAGIC, t, n); /* n = round(x * log2e) */ \
	FMUL4S(LN2HI, n, p); \
	FSUB4S(p, x, x); /* r = x - n*ln2Hi */ \
	FMUL4S(LN2LO, n, p); \
	FSUB4S(p, x, x) /* r -= n*ln2Lo */

// EXPREDUCED computes x = exp(x + n·ln 2), n in t. It uses t, n and p.
#define EXPREDUCED(x, t, n, p) \
	FMUL4S(EXP4, x, p); \
	FADD4S(EXP3, p, p); \
	FMUL4S(x, p, p); \
	FADD4S(EXP2, p, p); \
	FMUL4S(x, p, p); \
	FADD4S(EXP1, p, p); \
	FMUL4S(x, p, p); \
	FADD4S(EXP0, p, p); \
	FMUL4S(x, x, n); \
	FMUL4S(n, p, p); \
	FADD4S(x, p, p); \
	FADD4S(ONE, p, p); /* 1 + (r + r²·P(r)) */ \
	SUB4S(MAGIC, t, t); /* n, an integer */ \
	SSHR4S(1, t, n); /* half of it */ \
	SUB4S(n, t, t); /* and the rest */ \
	ADD4S(BIAS, n, n); \
	ADD4S(BIAS, t, t); \
	SHL4S(23, n, n); \
	SHL4S(23, t, t); \
	FMUL4S(n, p, p); \
	FMUL4S(t, p, x)

// EXP computes x = exp(x). It uses t, n and p.
#define EXP(x, t, n, p) \
	REDUCE(x, t, n, p); \
	EXPREDUCED(x, t, n, p)

// EXPSUM computes x = exp(x + low). It uses t, n and p.
#define EXPSUM(x, low, t, n, p) \
	REDUCE(x, t, n, p); \
	FADD4S(low, x, x); \
	EXPREDUCED(x, t, n, p)

// SIGMOID computes c = 1/(1+exp(-x)). It uses t, n and p.
#define SIGMOID(x, c, t, n, p) \
	EOR16B(SIGN, x, c); \
	EXP(c, t, n, p); \
	FADD4S(ONE, c, c); \
	FDIV4S(c, ONE, c)

// SILU computes g = x/(1+exp(-x)). It uses t, n and p.
#define SILU(x, g, t, n, p) \
	EOR16B(SIGN, x, g); \
	EXP(g, t, n, p); \
	FADD4S(ONE, g, g); \
	FDIV4S(g, x, g)
