// What the AVX-512 products of float weights share: Z0 and Z1 hold a row's sums, of
// columns that are alike modulo 32.

#include "byhalves_amd64.h"

#define CLEAR \
	VXORPS Y0, Y0, Y0; \
	VXORPS Y1, Y1, Y1

// FOLD adds them up, to X0.
#define FOLD \
	VADDPS        Z1, Z0, Z0; \
	VEXTRACTF64X4 $1, Z0, Y1; \
	VADDPS        Y1, Y0, Y0; \
	BYHALVES8(Y0, X0, X1)
