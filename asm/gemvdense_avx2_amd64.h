// The body of the AVX2 products of dense rows: see gemvdense_amd64.h.

#include "gemvsums_avx2_amd64.h"

#define PRODUCTS \
	LOAD(0*SIZE, Y4); \
	LOAD(8*SIZE, Y5); \
	LOAD(16*SIZE, Y6); \
	LOAD(24*SIZE, Y7); \
	VFMADD231PS (DX), Y4, Y0; \
	VFMADD231PS 32(DX), Y5, Y1; \
	VFMADD231PS 64(DX), Y6, Y2; \
	VFMADD231PS 96(DX), Y7, Y3

#include "gemvdense_amd64.h"
