// The loop of StepReLU, for AVX2 and AVX-512. A file that includes it
// defines what exp_amd64.h asks for, BYTES and LANES of a vector, and what
// compares, as gate_avx2_amd64.s does.

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
	WHERE_LESS(V7, V6, V5, V4)       // b where costB < costA
	VMOVUPS V4, (SI)
	ADDQ    BYTES, SI
	ADDQ    BYTES, R8
	ADDQ    BYTES, R9
	SUBQ    LANES, CX
	JNZ     loop
	VZEROUPPER
	RET
