// The body of the NEON products of dense rows. A file that includes it defines LOAD,
// which makes the next sixteen weights at R2 float32 in V16..V19.
//
// V0..V7, which ZERO clears, hold the sums of columns that are alike modulo 32.

// SIXTEEN adds the products of as many columns.
#define SIXTEEN(a, b, c, d) \
	LOAD; \
	VLD1.P 64(R9), [V20.S4, V21.S4, V22.S4, V23.S4]; \
	VFMLA V20.S4, V16.S4, a.S4; \
	VFMLA V21.S4, V17.S4, b.S4; \
	VFMLA V22.S4, V18.S4, c.S4; \
	VFMLA V23.S4, V19.S4, d.S4

	MOVD dst+0(FP), R1
	MOVD w+8(FP), R2
	MOVD x+16(FP), R3
	MOVD rows+24(FP), R4
	MOVD cols+32(FP), R5
	MOVD tail+40(FP), R6 // bytes of a row after its columns
	VEOR V31.B16, V31.B16, V31.B16

row:
	ZERO
	MOVD R3, R9
	MOVD R5, R10

loop:
	SIXTEEN(V0, V1, V2, V3)
	SIXTEEN(V4, V5, V6, V7)
	SUBS $32, R10
	BNE  loop
	FADD4S(4, 0, 0)
	FADD4S(5, 1, 1)
	FADD4S(6, 2, 2)
	FADD4S(7, 3, 3)
	FADD4S(2, 0, 0)
	FADD4S(3, 1, 1)
	FADD4S(1, 0, 0)
	VEXT  $8, V0.B16, V0.B16, V1.B16
	FADD4S(1, 0, 0)
	VEXT  $4, V0.B16, V0.B16, V1.B16
	FADD4S(1, 0, 0)
	FMOVS F0, (R1)
	ADD   $4, R1
	ADD   R6, R2
	SUBS  $1, R4
	BNE   row
	RET
