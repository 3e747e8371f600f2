// BYHALVES8 adds up the eight numbers of y, whose lower half is x, by halves.
#define BYHALVES8(y, x, t) \
	VEXTRACTF128 $1, y, t; \
	VADDPS       t, x, x; \
	VUNPCKHPD    x, x, t; \
	VADDPS       t, x, x; \
	VMOVSHDUP    x, t; \
	VADDSS       t, x, x
