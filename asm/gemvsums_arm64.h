// What the NEON products share: sums, which of panels come in pairs of vectors that
// are four rows'.

// ZERO clears the sums.
#define ZERO \
	VEOR V0.B16, V0.B16, V0.B16; \
	VEOR V1.B16, V1.B16, V1.B16; \
	VEOR V2.B16, V2.B16, V2.B16; \
	VEOR V3.B16, V3.B16, V3.B16; \
	VEOR V4.B16, V4.B16, V4.B16; \
	VEOR V5.B16, V5.B16, V5.B16; \
	VEOR V6.B16, V6.B16, V6.B16; \
	VEOR V7.B16, V7.B16, V7.B16

// PAIRS adds up the pairs of eight vectors of sums.
#define PAIRS \
	VADDP V1.S4, V0.S4, V0.S4; \
	VADDP V3.S4, V2.S4, V2.S4; \
	VADDP V5.S4, V4.S4, V4.S4; \
	VADDP V7.S4, V6.S4, V6.S4

// WIDEN makes sums of 16 bits, eight to a vector, such pairs.
#define WIDEN \
	SADDLP4S(0, 0); \
	SADDLP4S(1, 1); \
	SADDLP4S(2, 2); \
	SADDLP4S(3, 3); \
	SADDLP4S(4, 4); \
	SADDLP4S(5, 5); \
	SADDLP4S(6, 6); \
	SADDLP4S(7, 7)
