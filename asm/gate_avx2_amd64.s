//go:build !noasm

#include "textflag.h"

#define V0 Y0
#define V1 Y1
#define V2 Y2
#define V3 Y3
#define V4 Y4
#define V5 Y5
#define V6 Y6
#define V7 Y7
#define V8 Y8
#define V9 Y9
#define V10 Y10
#define V11 Y11
#define V12 Y12
#define V13 Y13
#define V14 Y14
#define V15 Y15

#include "exp_amd64.h"

// BYTES and LANES are those of a vector.
#define BYTES $32
#define LANES $8

// WHERE_LESS moves x to y where a < b. It uses V9.
#define WHERE_LESS(a, b, x, y) \
	VCMPPS    $17, b, a, V9; \
	VBLENDVPS V9, x, y, y

// KEEP_LOWER moves t to s in the lanes in which its cost is less than before, and
// sets before to LESS there, so that no later t is kept. Those lanes are done, and
// so are those in which t is V0 or a NaN, from where there is no way down: their
// bits in AX are set. The flags say whether all lanes are done. It uses u and w.
#define KEEP_LOWER(t, cost, s, before, u, w) \
	VCMPPS    $17, before, cost, w; \
	VCMPPS    $8, V0, t, u; \
	VBLENDVPS w, t, s, s; \
	VBLENDVPS w, LESS, before, before; \
	VORPS     w, u, u; \
	VMOVMSKPS u, BX; \
	ORL       BX, AX; \
	CMPL      AX, $0xff

// func stepReLUAVX2(z, p, m *float32, n int, alpha, gamma float32)
TEXT ·stepReLUAVX2(SB), NOSPLIT, $0-40
	MOVQ         z+0(FP), SI
	MOVQ         p+8(FP), R8
	MOVQ         m+16(FP), R9
	MOVQ         n+24(FP), CX
	VBROADCASTSS alpha+32(FP), V10
	VBROADCASTSS gamma+36(FP), V11
	VADDPS       V10, V11, V12       // gamma + alpha
	VXORPS       V13, V13, V13
#include "steprelu_amd64.h"

// func stepSwiGLUAVX2(z, p, m, s *float32, n int, alpha, gamma float32)
TEXT ·stepSwiGLUAVX2(SB), NOSPLIT, $0-48
	MOVQ         z+0(FP), SI
	MOVQ         p+8(FP), R8
	MOVQ         m+16(FP), R9
	MOVQ         s+24(FP), R10
	MOVQ         n+32(FP), CX
	VBROADCASTSS alpha+40(FP), V10
	VBROADCASTSS gamma+44(FP), V11
#include "stepswiglu_amd64.h"

// func descendGateAVX2(s, p, m, z *float32, n int, alpha2, gamma2, rate float32)
TEXT ·descendGateAVX2(SB), NOSPLIT, $0-52
	MOVQ         s+0(FP), SI
	MOVQ         p+8(FP), R8
	MOVQ         m+16(FP), R9
	MOVQ         z+24(FP), R10
	MOVQ         n+32(FP), CX
	VBROADCASTSS alpha2+40(FP), V10
	VBROADCASTSS gamma2+44(FP), V11
	VBROADCASTSS rate+48(FP), V12
#include "descendgate_amd64.h"

// func newtonGateAVX2(s, p, m, z *float32, n int, alpha, gamma float32)
TEXT ·newtonGateAVX2(SB), NOSPLIT, $0-48
	MOVQ         s+0(FP), SI
	MOVQ         p+8(FP), R8
	MOVQ         m+16(FP), R9
	MOVQ         z+24(FP), R10
	MOVQ         n+32(FP), CX
	VBROADCASTSS alpha+40(FP), V10
	VBROADCASTSS gamma+44(FP), V11
#include "newtongate_amd64.h"
