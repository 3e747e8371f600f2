// The body of the AVX-512 VBMI2 products of masked rows of weights of 16 bits. A
// file that includes it defines WIDEN, which makes sixteen in y float32 in z.

#include "gemvsums_avx512_amd64.h"

#define START

#define COLUMNS(at) \
	KMOVD         (at)(BX), K1; \
	POPCNTL       (at)(BX), AX; \
	VMOVDQU16     (SI), Z4; \
	VPEXPANDW.Z   Z4, K1, Z4; \
	VEXTRACTI64X4 $1, Z4, Y5; \
	WIDEN(Y4, Z4); \
	WIDEN(Y5, Z5); \
	VFMADD231PS   (32*at)(DX), Z4, Z0; \
	VFMADD231PS   (32*at+64)(DX), Z5, Z1; \
	LEAQ          (SI)(AX*2), SI

#define WORD \
	PREFETCHT0 1024(SI); \
	PREFETCHT0 1088(SI); \
	COLUMNS(0); \
	COLUMNS(4)

#include "gemvmask_amd64.h"
