// The table of constants of the exponential, for the files that include it.

// WIDE fills a vector of the table with a pair of float32.
#define WIDE(at, pair) \
	DATA consts<>+(at)(SB)/8, $pair; \
	DATA consts<>+(at+8)(SB)/8, $pair

// The constants, which LOAD leaves in V16 to V31.
WIDE(0, 0x42b2000042b20000) // V16 = 89: overflows
WIDE(16, 0xc2d00000c2d00000) // V17 = -104: vanishes
WIDE(32, 0x3fb8aa3b3fb8aa3b) // V18 = log2(e)
WIDE(48, 0x4b4000004b400000) // V19 = 1.5 * 2^23
WIDE(64, 0x3f3180003f318000) // V20 = upper part of ln 2
WIDE(80, 0xb95e8083b95e8083) // V21 = lower part
WIDE(96, 0x3efffffe3efffffe) // V22 = exp0
WIDE(112, 0x3e2aaa493e2aaa49) // V23 = exp1
WIDE(128, 0x3d2aac793d2aac79) // V24 = exp2
WIDE(144, 0x3c091cf03c091cf0) // V25 = exp3
WIDE(160, 0x3ab5121d3ab5121d) // V26 = exp4
WIDE(176, 0x3f8000003f800000) // V27 = 1
WIDE(192, 0x0000007f0000007f) // V28 = 127, an integer
WIDE(208, 0x8000000080000000) // V29 = -0
WIDE(224, 0x3e8000003e800000) // V30 = 1/4
WIDE(240, 0xff800000ff800000) // V31 = -Inf: less than any cost
GLOBL consts<>(SB), RODATA|NOPTR, $256

#define LOAD \
	MOVD   $consts<>(SB), R0; \
	VLD1.P 64(R0), [V16.S4, V17.S4, V18.S4, V19.S4]; \
	VLD1.P 64(R0), [V20.S4, V21.S4, V22.S4, V23.S4]; \
	VLD1.P 64(R0), [V24.S4, V25.S4, V26.S4, V27.S4]; \
	VLD1   (R0), [V28.S4, V29.S4, V30.S4, V31.S4]
