// The body of the AVX-512 products of dense rows: see gemvdense_amd64.h.

#include "gemvsums_avx512_amd64.h"

#define PRODUCTS \
	LOAD(0*SIZE, Z4); \
	LOAD(16*SIZE, Z5); \
	VFMADD231PS (DX), Z4, Z0; \
	VFMADD231PS 64(DX), Z5, Z1

#include "gemvdense_amd64.h"
