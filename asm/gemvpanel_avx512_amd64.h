// The body of the AVX-512 products of panels: see gemvpanel_amd64.h. CONSTANTS
// fills Z12..Z15, as far as SUMS takes them, which leaves in Z0 the sums of a
// block's products, one for each row.
//
// Z4 holds the panel's outputs, Z2 the sums of a group.

#define CLEARPANEL VXORPS Y4, Y4, Y4

#define CLEARGROUP VXORPS Y2, Y2, Y2

#define ADDBLOCK \
	VCVTDQ2PS        Z0, Z0; \
	VFMADD231PS.BCST (R13), Z0, Z2 // t += float32(sum) * x.Scale[b]

#define ADDGROUP \
	VCVTPH2PS   (DX), Z6; \
	VFMADD231PS Z6, Z2, Z4 // dst += t * scale[g]

#define STORE VMOVUPS Z4, (DI)

#include "gemvpanel_amd64.h"
