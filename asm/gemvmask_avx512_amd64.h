// The body of the AVX-512 products of masked rows of float weights. A file that
// includes it defines SIZE, the bytes of a weight, and LOAD, which makes the next
// sixteen float32.

#include "gemvsums_avx512_amd64.h"

#define START

#define SIXTEEN(at, sum) \
	MOVWLZX     (at)(BX), AX; \
	KMOVW       AX, K1; \
	POPCNTL     AX, AX; \
	LOAD; \
	VEXPANDPS.Z Z4, K1, Z4; \
	VFMADD231PS (32*at)(DX), Z4, sum; \
	LEAQ        (SI)(AX*SIZE), SI

#define WORD \
	PREFETCHT0 1024(SI); \
	PREFETCHT0 1088(SI); \
	SIXTEEN(0, Z0); \
	SIXTEEN(2, Z1); \
	SIXTEEN(4, Z0); \
	SIXTEEN(6, Z1)

#include "gemvmask_amd64.h"
