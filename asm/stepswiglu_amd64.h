// The loop of StepSwiGLU, for AVX2 and AVX-512. A file that includes it
// defines what exp_amd64.h asks for, BYTES and LANES of a vector, and what
// compares, as gate_avx2_amd64.s does.

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
	ADDQ    BYTES, SI
	ADDQ    BYTES, R8
	ADDQ    BYTES, R9
	ADDQ    BYTES, R10
	SUBQ    LANES, CX
	JNZ     loop
	VZEROUPPER
	RET
