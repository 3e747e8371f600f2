// What the AVX2 products of float weights share: Y0..Y3 hold a row's sums, of
// columns that are alike modulo 32.

#include "byhalves_amd64.h"

#define CLEAR \
	VXORPS Y0, Y0, Y0; \
	VXORPS Y1, Y1, Y1; \
	VXORPS Y2, Y2, Y2; \
	VXORPS Y3, Y3, Y3

// FOLD adds them up, to X0.
#define FOLD \
	VADDPS Y2, Y0, Y0; \
	VADDPS Y3, Y1, Y1; \
	VADDPS Y1, Y0, Y0; \
	BYHALVES8(Y0, X0, X1)
