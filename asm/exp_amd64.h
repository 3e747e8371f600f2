// The exponential of a vector of float32, operation by operation as exp32 has
// it, for AVX2 and AVX-512. A file that includes it defines V0 to V15 as the
// registers of its width.

// WIDE fills a vector's worth of the table with a pair of float32.
#define WIDE(at, pair) \
	DATA consts<>+(at)(SB)/8, $pair; \
	DATA consts<>+(at+8)(SB)/8, $pair; \
	DATA consts<>+(at+16)(SB)/8, $pair; \
	DATA consts<>+(at+24)(SB)/8, $pair; \
	DATA consts<>+(at+32)(SB)/8, $pair; \
	DATA consts<>+(at+40)(SB)/8, $pair; \
	DATA consts<>+(at+48)(SB)/8, $pair; \
	DATA consts<>+(at+56)(SB)/8, $pair

WIDE(0, 0x42b2000042b20000) // 89: overflows
WIDE(64, 0xc2d00000c2d00000) // -104: vanishes
WIDE(128, 0x3fb8aa3b3fb8aa3b) // log2(e)
WIDE(192, 0x4b4000004b400000) // 1.5 * 2^23
WIDE(256, 0x3f3180003f318000) // upper part of ln 2
WIDE(320, 0xb95e8083b95e8083) // lower part
WIDE(384, 0x3efffffe3efffffe) // exp0
WIDE(448, 0x3e2aaa493e2aaa49) // exp1
WIDE(512, 0x3d2aac793d2aac79) // exp2
WIDE(576, 0x3c091cf03c091cf0) // exp3
WIDE(640, 0x3ab5121d3ab5121d) // exp4
WIDE(704, 0x3f8000003f800000) // 1
WIDE(768, 0x0000007f0000007f) // 127, an integer
WIDE(832, 0x8000000080000000) // -0
WIDE(896, 0x3e8000003e800000) // 1/4
WIDE(960, 0xff800000ff800000) // -Inf: less than any cost
GLOBL consts<>(SB), RODATA|NOPTR, $1024

#define MAX consts<>+0(SB)
#define MIN consts<>+64(SB)
#define LOG2E consts<>+128(SB)
#define MAGIC consts<>+192(SB)
#define LN2HI consts<>+256(SB)
#define LN2LO consts<>+320(SB)
#define EXP0 consts<>+384(SB)
#define EXP1 consts<>+448(SB)
#define EXP2 consts<>+512(SB)
#define EXP3 consts<>+576(SB)
#define EXP4 consts<>+640(SB)
#define ONE consts<>+704(SB)
#define BIAS consts<>+768(SB)
#define SIGN consts<>+832(SB)
#define QUARTER consts<>+896(SB)
#define LESS consts<>+960(SB)

// REDUCE leaves r = x − n·ln 2 in x, and n in the lower bits of t. It uses n and p.
#define REDUCE(x, t, n, p) \
	VMOVUPS MAX, t; \
	VMINPS  x, t, x; /* a NaN stays */ \
	VMOVUPS MIN, t; \
	VMAXPS  x, t, x; \
	VMULPS  LOG2E, x, t; \
	VADDPS  MAGIC, t, t; /* n in the lower bits */ \
	VSUBPS  MAGIC, t, n; /* n = round(x * log2e) */ \
	VMULPS  LN2HI, n, p; \
	VSUBPS  p, x, x; /* r = x - n*ln2Hi */ \
	VMULPS  LN2LO, n, p; \
	VSUBPS  p, x, x /* r -= n*ln2Lo */

// EXPREDUCED computes x = exp(x + n·ln 2), n in t. It uses t, n and p.
#define EXPREDUCED(x, t, n, p) \
	VMULPS  EXP4, x, p; \
	VADDPS  EXP3, p, p; \
	VMULPS  x, p, p; \
	VADDPS  EXP2, p, p; \
	VMULPS  x, p, p; \
	VADDPS  EXP1, p, p; \
	VMULPS  x, p, p; \
	VADDPS  EXP0, p, p; \
	VMULPS  x, x, n; \
	VMULPS  n, p, p; \
	VADDPS  x, p, p; \
	VADDPS  ONE, p, p; /* 1 + (r + r²·P(r)) */ \
	VPSUBD  MAGIC, t, t; /* n, an integer */ \
	VPSRAD  $1, t, n; /* half of it */ \
	VPSUBD  n, t, t; /* and the rest */ \
	VPADDD  BIAS, n, n; \
	VPADDD  BIAS, t, t; \
	VPSLLD  $23, n, n; \
	VPSLLD  $23, t, t; \
	VMULPS  n, p, p; \
	VMULPS  t, p, x

// EXP computes x = exp(x). It uses t, n and p.
#define EXP(x, t, n, p) \
	REDUCE(x, t, n, p); \
	EXPREDUCED(x, t, n, p)

// EXPSUM computes x = exp(x + low). It uses t, n and p.
#define EXPSUM(x, low, t, n, p) \
	REDUCE(x, t, n, p); \
	VADDPS low, x, x; \
	EXPREDUCED(x, t, n, p)

// SIGMOID computes c = 1/(1+exp(-x)). It uses t, n and p.
#define SIGMOID(x, c, t, n, p) \
	VXORPS  SIGN, x, c; \
	EXP(c, t, n, p); \
	VADDPS  ONE, c, c; \
	VMOVUPS ONE, t; \
	VDIVPS  c, t, c

// SILU computes g = x/(1+exp(-x)). It uses t, n and p.
#define SILU(x, g, t, n, p) \
	VXORPS SIGN, x, g; \
	EXP(g, t, n, p); \
	VADDPS ONE, g, g; \
	VDIVPS g, x, g
