// The loop of DescendGate, a step of it, for AVX2 and AVX-512. A file that includes it
// defines what exp_amd64.h asks for, BYTES and LANES of a vector, and what
// compares, as gate_avx2_amd64.s does.

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
	ADDQ    BYTES, SI
	ADDQ    BYTES, R8
	ADDQ    BYTES, R9
	ADDQ    BYTES, R10
	SUBQ    LANES, CX
	JNZ     loop
	VZEROUPPER
	RET
