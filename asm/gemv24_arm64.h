// What the NEON products of 2:4 weights share.

// CONTROL picks, into V24, the activations of x that meet the weights whose
// positions i has from bit shift on, CONTROL0 from bit 0 on.
#define CONTROL(shift, i, x) \
	VUSHR $shift, i.B16, V24.B16; \
	VAND  V30.B16, V24.B16, V24.B16; \
	VORR  V31.B16, V24.B16, V24.B16; \
	VTBL  V24.B16, [x.B16], V24.B16

#define CONTROL0(i, x) \
	VAND V30.B16, i.B16, V24.B16; \
	VORR V31.B16, V24.B16, V24.B16; \
	VTBL V24.B16, [x.B16], V24.B16
