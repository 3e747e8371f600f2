// The body of the AVX2 products of panels: see gemvpanel_amd64.h. CONSTANTS fills
// Y12..Y15, as far as SUMS takes them, which leaves in Y0 and Y1 the sums of a
// block's products for rows 0..7 and 8..15.
//
// Y4 and Y5 hold the panel's outputs, Y2 and Y3 the sums of a group.

#define CLEARPANEL \
	VXORPS Y4, Y4, Y4; \
	VXORPS Y5, Y5, Y5

#define CLEARGROUP \
	VXORPS Y2, Y2, Y2; \
	VXORPS Y3, Y3, Y3

#define ADDBLOCK \
	VBROADCASTSS (R13), Y6; /* x.Scale[b] */ \
	VCVTDQ2PS    Y0, Y0; \
	VCVTDQ2PS    Y1, Y1; \
	VFMADD231PS  Y6, Y0, Y2; /* t += float32(sum) * x.Scale[b] */ \
	VFMADD231PS  Y6, Y1, Y3

#define ADDGROUP \
	VCVTPH2PS   (DX), Y6; \
	VCVTPH2PS   16(DX), Y7; \
	VFMADD231PS Y6, Y2, Y4; /* dst += t * scale[g] */ \
	VFMADD231PS Y7, Y3, Y5

#define STORE \
	VMOVUPS Y4, (DI); \
	VMOVUPS Y5, 32(DI)

#include "gemvpanel_amd64.h"
