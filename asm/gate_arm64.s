//go:build !noasm

#include "textflag.h"
#include "exp_arm64.h"

// Each routine is the generic function of its name, operation by operation,
// with s or z at R1, p at R2, m at R3, and these in every lane of registers:
#define ALPHA 10
#define GAMMA 11

// func stepReLU(z, p, m *float32, n int, alpha, gamma float32)
TEXT ·stepReLU(SB), NOSPLIT, $0-40
	LOAD
	MOVD  z+0(FP), R1
	MOVD  p+8(FP), R2
	MOVD  m+16(FP), R3
	MOVD  n+24(FP), R4
	MOVWU alpha+32(FP), R7
	VDUP  R7, V10.S4
	MOVWU gamma+36(FP), R7
	VDUP  R7, V11.S4
	FADD4S(ALPHA, GAMMA, 12) // gamma + alpha
	VEOR  V13.B16, V13.B16, V13.B16

loop:
	VLD1.P 16(R2), [V1.S4] // p
	VLD1.P 16(R3), [V2.S4] // m
	FMUL4S(1, GAMMA, 4)
	FMUL4S(2, ALPHA, 5)
	FADD4S(5, 4, 4)
	FDIV4S(12, 4, 4)             // (gamma*p + alpha*m) / (gamma+alpha)
	FCMGT4S(4, 13, 6)
	VBIT   V6.B16, V13.B16, V4.B16 // a = 0 where it is less, a NaN stays
	VORR   V2.B16, V2.B16, V5.B16
	FCMGT4S(13, 2, 6)
	VBIT   V6.B16, V13.B16, V5.B16 // b = min(m, 0)
	FSUB4S(4, 1, 6)              // d = p - a
	FMUL4S(6, 6, 6)
	FMUL4S(6, GAMMA, 6)
	FSUB4S(2, 4, 7)              // e = a - m
	FMUL4S(7, 7, 7)
	FMUL4S(7, ALPHA, 7)
	FADD4S(7, 6, 6)              // costA = gamma*d*d + alpha*e*e
	FMUL4S(1, 1, 7)
	FMUL4S(7, GAMMA, 7)
	FSUB4S(2, 5, 8)              // e = b - m
	FMUL4S(8, 8, 8)
	FMUL4S(8, ALPHA, 8)
	FADD4S(8, 7, 7)              // costB = gamma*p*p + alpha*e*e
	FCMGT4S(7, 6, 9)
	VBIT   V9.B16, V5.B16, V4.B16 // b where costB < costA
	VST1.P [V4.S4], 16(R1)
	SUBS   $4, R4
	BNE    loop
	RET

// func stepSwiGLU(z, p, m, s *float32, n int, alpha, gamma float32)
TEXT ·stepSwiGLU(SB), NOSPLIT, $0-48
	LOAD
	MOVD  z+0(FP), R1
	MOVD  p+8(FP), R2
	MOVD  m+16(FP), R3
	MOVD  s+24(FP), R4
	MOVD  n+32(FP), R5
	MOVWU alpha+40(FP), R7
	VDUP  R7, V10.S4
	MOVWU gamma+44(FP), R7
	VDUP  R7, V11.S4

loop:
	VLD1.P 16(R4), [V0.S4] // s
	SILU(0, 1, 2, 3, 4)          // g
	VLD1.P 16(R2), [V5.S4] // p
	VLD1.P 16(R3), [V6.S4] // m
	FMUL4S(1, GAMMA, 2)          // h = gamma*g
	FMUL4S(6, ALPHA, 3)
	FMUL4S(5, 2, 4)
	FADD4S(4, 3, 3)              // alpha*m + h*p
	FMUL4S(1, 2, 4)
	FADD4S(4, ALPHA, 4)          // alpha + h*g
	FDIV4S(4, 3, 3)
	VST1.P [V3.S4], 16(R1)
	SUBS   $4, R5
	BNE    loop
	RET

// func descendGate(s, p, m, z *float32, n int, alpha2, gamma2, rate float32)
TEXT ·descendGate(SB), NOSPLIT, $0-52
	LOAD
	MOVD  s+0(FP), R1
	MOVD  p+8(FP), R2
	MOVD  m+16(FP), R3
	MOVD  z+24(FP), R4
	MOVD  n+32(FP), R5
	MOVWU alpha2+40(FP), R7
	VDUP  R7, V10.S4
	MOVWU gamma2+44(FP), R7
	VDUP  R7, V11.S4
	MOVWU rate+48(FP), R7
	VDUP  R7, V12.S4

loop:
	VLD1   (R1), [V0.S4] // s
	SIGMOID(0, 1, 2, 3, 4)       // c
	VLD1.P 16(R4), [V2.S4] // z
	VLD1.P 16(R2), [V3.S4] // p
	VLD1.P 16(R3), [V6.S4] // m
	FMUL4S(1, 0, 4)
	FMUL4S(2, 4, 4)
	FSUB4S(4, 3, 3)              // e = p - s*c*z
	FSUB4S(1, ONE, 4)            // 1 - c
	FMUL4S(4, 0, 4)
	FADD4S(ONE, 4, 4)
	FMUL4S(4, 1, 4)              // slope = c*(1+s*(1-c))
	FMUL4S(3, GAMMA, 3)
	FMUL4S(2, 3, 3)
	FMUL4S(4, 3, 3)              // gamma2*e*z*slope
	FSUB4S(6, 0, 5)
	FMUL4S(5, ALPHA, 5)          // alpha2*(s-m)
	FSUB4S(3, 5, 5)
	FMUL4S(5, 12, 5)
	FSUB4S(5, 0, 0)              // s -= rate*g
	VST1.P [V0.S4], 16(R1)
	SUBS   $4, R5
	BNE    loop
	RET

// COST computes cost = alpha*(s-m)² + gamma*(p-s*c*z)² for c = sigmoid(s), and
// leaves s-m in d and p-s*c*z in e. It uses t.
#define COST(s, c, d, e, t, cost) \
	FSUB4S(2, s, d); \
	FMUL4S(c, s, e); \
	FMUL4S(3, e, e); \
	FSUB4S(e, 1, e); \
	FMUL4S(d, d, cost); \
	FMUL4S(cost, ALPHA, cost); \
	FMUL4S(e, e, t); \
	FMUL4S(t, GAMMA, t); \
	FADD4S(t, cost, cost)

// func newtonGate(s, p, m, z *float32, n int, alpha, gamma float32)
TEXT ·newtonGate(SB), NOSPLIT, $0-48
	LOAD
	MOVD  s+0(FP), R1
	MOVD  p+8(FP), R2
	MOVD  m+16(FP), R3
	MOVD  z+24(FP), R4
	MOVD  n+32(FP), R5
	MOVWU alpha+40(FP), R7
	VDUP  R7, V10.S4
	MOVWU gamma+44(FP), R7
	VDUP  R7, V11.S4

loop:
	VLD1   (R1), [V0.S4] // s
	VLD1.P 16(R2), [V1.S4] // p
	VLD1.P 16(R3), [V2.S4] // m
	VLD1.P 16(R4), [V3.S4] // z
	SIGMOID(0, 6, 7, 8, 9)       // c
	COST(0, 6, 7, 8, 9, 4)
	FSUB4S(6, ONE, 9)            // 1 - c
	FMUL4S(9, 0, 9)
	FADD4S(ONE, 9, 9)
	FMUL4S(9, 6, 9)
	FMUL4S(9, 3, 9)              // slope = z*(c*(1+s*(1-c)))
	FMUL4S(9, GAMMA, 5)          // h = gamma*slope
	FMUL4S(7, ALPHA, 7)
	FMUL4S(8, 5, 8)
	FSUB4S(8, 7, 7)              // alpha*d - h*e
	FMUL4S(9, 5, 5)
	FADD4S(5, ALPHA, 5)          // alpha + h*slope
	FDIV4S(5, 7, 5)              // step
	VORR V0.B16, V0.B16, V12.B16
	VEOR V14.B16, V14.B16, V14.B16 // lanes that are done
	MOVD $6, R6                  // gateTrials

trial:
	FSUB4S(5, 0, 13)             // t = s - step
	SIGMOID(13, 6, 7, 8, 9)
	COST(13, 6, 8, 15, 9, 7)
	FCMGT4S(7, 4, 9)             // cost(t) < cost(s)
	VBIT  V9.B16, V13.B16, V12.B16 // s = t
	VBIT  V9.B16, LESS.B16, V4.B16 // done with this lane
	VORR  V9.B16, V14.B16, V14.B16
	FCMGT4S(13, 0, 9)            // t == s, or a NaN: there is no way down
	FCMGT4S(0, 13, 8)
	VORR  V8.B16, V9.B16, V9.B16
	VEOR  V8.B16, V8.B16, V8.B16
	VCMEQ V8.S4, V9.S4, V9.S4
	VORR  V9.B16, V14.B16, V14.B16
	VMOV  V14.D[0], R8
	VMOV  V14.D[1], R9
	AND   R8, R9, R9
	CMN   $1, R9
	BEQ   done
	FMUL4S(QUARTER, 5, 5)
	SUBS  $1, R6
	BNE   trial

done:
	VST1.P [V12.S4], 16(R1)
	SUBS   $4, R5
	BNE    loop
	RET
