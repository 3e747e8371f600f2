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

loop:
	VMOVUPS (R8), V1                 // p
	VMOVUPS (R9), V2                 // m
	VMULPS  V1, V11, V4
	VMULPS  V2, V10, V5
	VADDPS  V5, V4, V4
	VDIVPS  V12, V4, V4              // (gamma*p + alpha*m) / (gamma+alpha)
	VMAXPS  V4, V13, V4              // a = 0 where it is less, a NaN stays
	VMINPS  V2, V13, V5              // b = min(m, 0)
	VSUBPS  V4, V1, V6               // d = p - a
	VMULPS  V6, V6, V6
	VMULPS  V6, V11, V6
	VSUBPS  V2, V4, V7               // e = a - m
	VMULPS  V7, V7, V7
	VMULPS  V7, V10, V7
	VADDPS  V7, V6, V6               // costA = gamma*d*d + alpha*e*e
	VMULPS  V1, V1, V7
	VMULPS  V7, V11, V7
	VSUBPS  V2, V5, V8               // e = b - m
	VMULPS  V8, V8, V8
	VMULPS  V8, V10, V8
	VADDPS  V8, V7, V7               // costB = gamma*p*p + alpha*e*e
	VCMPPS    $17, V6, V7, V9        // costB < costA
	VBLENDVPS V9, V5, V4, V4
	VMOVUPS V4, (SI)
	ADDQ    $32, SI
	ADDQ    $32, R8
	ADDQ    $32, R9
	SUBQ    $8, CX
	JNZ     loop
	VZEROUPPER
	RET

// func stepSwiGLUAVX2(z, p, m, s *float32, n int, alpha, gamma float32)
TEXT ·stepSwiGLUAVX2(SB), NOSPLIT, $0-48
	MOVQ         z+0(FP), SI
	MOVQ         p+8(FP), R8
	MOVQ         m+16(FP), R9
	MOVQ         s+24(FP), R10
	MOVQ         n+32(FP), CX
	VBROADCASTSS alpha+40(FP), V10
	VBROADCASTSS gamma+44(FP), V11

loop:
	VMOVUPS (R10), V0                // s
	SILU(V0, V1, V2, V3, V4)         // g
	VMULPS  V1, V11, V2              // h = gamma*g
	VMULPS  (R9), V10, V3
	VMULPS  (R8), V2, V4
	VADDPS  V4, V3, V3               // alpha*m + h*p
	VMULPS  V1, V2, V4
	VADDPS  V4, V10, V4              // alpha + h*g
	VDIVPS  V4, V3, V3
	VMOVUPS V3, (SI)
	ADDQ    $32, SI
	ADDQ    $32, R8
	ADDQ    $32, R9
	ADDQ    $32, R10
	SUBQ    $8, CX
	JNZ     loop
	VZEROUPPER
	RET

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

loop:
	VMOVUPS (SI), V0                 // s
	SIGMOID(V0, V1, V2, V3, V4)      // c
	VMOVUPS (R10), V2                // z
	VMOVUPS (R8), V3                 // p
	VMULPS  V1, V0, V4
	VMULPS  V2, V4, V4
	VSUBPS  V4, V3, V3               // e = p - s*c*z
	VMOVUPS ONE, V4
	VSUBPS  V1, V4, V4               // 1 - c
	VMULPS  V4, V0, V4
	VADDPS  ONE, V4, V4
	VMULPS  V4, V1, V4               // slope = c*(1+s*(1-c))
	VMULPS  V3, V11, V3
	VMULPS  V2, V3, V3
	VMULPS  V4, V3, V3               // gamma2*e*z*slope
	VSUBPS  (R9), V0, V5
	VMULPS  V5, V10, V5              // alpha2*(s-m)
	VSUBPS  V3, V5, V5
	VMULPS  V5, V12, V5
	VSUBPS  V5, V0, V0               // s -= rate*g
	VMOVUPS V0, (SI)
	ADDQ    $32, SI
	ADDQ    $32, R8
	ADDQ    $32, R9
	ADDQ    $32, R10
	SUBQ    $8, CX
	JNZ     loop
	VZEROUPPER
	RET

// COST computes cost = alpha*(s-m)² + gamma*(p-s*c*z)² for c = sigmoid(s), and
// leaves s-m in d and p-s*c*z in e. It uses t.
#define COST(s, c, d, e, t, cost) \
	VSUBPS V2, s, d; \
	VMULPS c, s, e; \
	VMULPS V3, e, e; \
	VSUBPS e, V1, e; \
	VMULPS d, d, cost; \
	VMULPS cost, V10, cost; \
	VMULPS e, e, t; \
	VMULPS t, V11, t; \
	VADDPS t, cost, cost

// func newtonGateAVX2(s, p, m, z *float32, n int, alpha, gamma float32)
TEXT ·newtonGateAVX2(SB), NOSPLIT, $0-48
	MOVQ         s+0(FP), SI
	MOVQ         p+8(FP), R8
	MOVQ         m+16(FP), R9
	MOVQ         z+24(FP), R10
	MOVQ         n+32(FP), CX
	VBROADCASTSS alpha+40(FP), V10
	VBROADCASTSS gamma+44(FP), V11

loop:
	VMOVUPS (SI), V0                 // s
	VMOVUPS (R8), V1                 // p
	VMOVUPS (R9), V2                 // m
	VMOVUPS (R10), V3                // z
	SIGMOID(V0, V6, V7, V8, V9)      // c
	COST(V0, V6, V7, V8, V9, V4)
	VMOVUPS ONE, V9
	VSUBPS  V6, V9, V9               // 1 - c
	VMULPS  V9, V0, V9
	VADDPS  ONE, V9, V9
	VMULPS  V9, V6, V9
	VMULPS  V9, V3, V9               // slope = z*(c*(1+s*(1-c)))
	VMULPS  V9, V11, V5              // h = gamma*slope
	VMULPS  V7, V10, V7
	VMULPS  V8, V5, V8
	VSUBPS  V8, V7, V7               // alpha*d - h*e
	VMULPS  V9, V5, V5
	VADDPS  V5, V10, V5              // alpha + h*slope
	VDIVPS  V5, V7, V5               // step
	VMOVAPS V0, V12
	XORL    AX, AX                   // lanes that are done
	MOVQ    $6, DX                   // gateTrials

trial:
	VSUBPS  V5, V0, V13              // t = s - step
	SIGMOID(V13, V6, V7, V8, V9)
	COST(V13, V6, V14, V15, V9, V7)
	VCMPPS    $17, V4, V7, V9        // cost(t) < cost(s)
	VCMPPS    $8, V0, V13, V8        // t == s, or a NaN: there is no way down
	VBLENDVPS V9, V13, V12, V12      // s = t
	VBLENDVPS V9, LESS, V4, V4       // done with this lane
	VORPS     V9, V8, V8
	VMOVMSKPS V8, BX
	ORL       BX, AX
	CMPL      AX, $0xff
	JEQ     done
	VMULPS  QUARTER, V5, V5
	DECQ    DX
	JNZ     trial

done:
	VMOVUPS V12, (SI)
	ADDQ    $32, SI
	ADDQ    $32, R8
	ADDQ    $32, R9
	ADDQ    $32, R10
	SUBQ    $8, CX
	JNZ     loop
	VZEROUPPER
	RET
