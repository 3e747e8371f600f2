//go:build !noasm

#include "textflag.h"

#define V0 Z0
#define V1 Z1
#define V2 Z2
#define V3 Z3
#define V4 Z4
#define V5 Z5
#define V6 Z6
#define V7 Z7
#define V8 Z8
#define V9 Z9
#define V10 Z10
#define V11 Z11
#define V12 Z12
#define V13 Z13
#define V14 Z14
#define V15 Z15

#include "exp_amd64.h"

// See gate_avx2_amd64.s for what these are.
#define BYTES $64
#define LANES $16
#define WHERE_LESS(a, b, x, y) \
	VCMPPS  $17, b, a, K1; \
	VMOVAPS x, K1, y
#define KEEP_LOWER(t, cost, s, before, u, w) \
	VCMPPS  $17, before, cost, K1; \
	VCMPPS  $8, V0, t, K2; \
	VMOVAPS t, K1, s; \
	VMOVUPS LESS, K1, before; \
	KORW    K1, K2, K2; \
	KMOVW   K2, BX; \
	ORL     BX, AX; \
	CMPL    AX, $0xffff

// func stepReLUAVX512(z, p, m *float32, n int, alpha, gamma float32)
TEXT ·stepReLUAVX512(SB), NOSPLIT, $0-40
	MOVQ         z+0(FP), SI
	MOVQ         p+8(FP), R8
	MOVQ         m+16(FP), R9
	MOVQ         n+24(FP), CX
	VBROADCASTSS alpha+32(FP), V10
	VBROADCASTSS gamma+36(FP), V11
	VADDPS       V10, V11, V12       // gamma + alpha
	VXORPS       V13, V13, V13
#include "steprelu_amd64.h"

// func stepSwiGLUAVX512(z, p, m, s *float32, n int, alpha, gamma float32)
TEXT ·stepSwiGLUAVX512(SB), NOSPLIT, $0-48
	MOVQ         z+0(FP), SI
	MOVQ         p+8(FP), R8
	MOVQ         m+16(FP), R9
	MOVQ         s+24(FP), R10
	MOVQ         n+32(FP), CX
	VBROADCASTSS alpha+40(FP), V10
	VBROADCASTSS gamma+44(FP), V11
#include "stepswiglu_amd64.h"

// func descendGateAVX512(s, p, m, z *float32, n int, alpha2, gamma2, rate float32)
TEXT ·descendGateAVX512(SB), NOSPLIT, $0-52
	MOVQ         s+0(FP), SI
	MOVQ         p+8(FP), R8
	MOVQ         m+16(FP), R9
	MOVQ         z+24(FP), R10
	MOVQ         n+32(FP), CX
	VBROADCASTSS alpha2+40(FP), V10
	VBROADCASTSS gamma2+44(FP), V11
	VBROADCASTSS rate+48(FP), V12
#include "descendgate_amd64.h"

// func newtonGateAVX512(s, p, m, z *float32, n int, alpha, gamma float32)
TEXT ·newtonGateAVX512(SB), NOSPLIT, $0-48
	MOVQ         s+0(FP), SI
	MOVQ         p+8(FP), R8
	MOVQ         m+16(FP), R9
	MOVQ         z+24(FP), R10
	MOVQ         n+32(FP), CX
	VBROADCASTSS alpha+40(FP), V10
	VBROADCASTSS gamma+44(FP), V11
#include "newtongate_amd64.h"
