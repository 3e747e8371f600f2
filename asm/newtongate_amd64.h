// The loop of NewtonGate, for AVX2 and AVX-512. A file that includes it
// defines what exp_amd64.h asks for, BYTES and LANES of a vector, and what
// compares, as gate_avx2_amd64.s does.

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
	KEEP_LOWER(V13, V7, V12, V4, V8, V9)
	JEQ     done
	VMULPS  QUARTER, V5, V5
	DECQ    DX
	JNZ     trial

done:
	VMOVUPS V12, (SI)
	ADDQ    BYTES, SI
	ADDQ    BYTES, R8
	ADDQ    BYTES, R9
	ADDQ    BYTES, R10
	SUBQ    LANES, CX
	JNZ     loop
	VZEROUPPER
	RET
