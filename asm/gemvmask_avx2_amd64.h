// The body of the AVX2 products of masked rows of float weights. A file that
// includes it defines TABLE, and EIGHT(rotate, at, sum), which adds the products
// of eight columns, at bytes from DX, to a sum: rotate brings their bits in the
// mask AX to where they count table entries at BP. Values are at R8; SIZE is the bytes of one.

#include "gemvsums_avx2_amd64.h"

#define START LEAQ TABLE(SB), BP

#define WORD \
	MOVQ       (BX), AX; \
	MOVQ       SI, R8; \
	POPCNTQ    AX, R9; \
	LEAQ       (SI)(R9*SIZE), SI; /* the next word's, which is not to wait for these */ \
	PREFETCHT0 1024(SI); \
	PREFETCHT0 1088(SI); \
	EIGHT(0, 0, Y0); \
	EIGHT(8, 32, Y1); \
	EIGHT(16, 64, Y2); \
	EIGHT(24, 96, Y3); \
	EIGHT(32, 128, Y0); \
	EIGHT(40, 160, Y1); \
	EIGHT(48, 192, Y2); \
	EIGHT(56, 224, Y3)

#include "gemvmask_amd64.h"
