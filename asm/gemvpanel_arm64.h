// The body of the NEON products of panels. A file that includes it defines
// CONSTANTS, which fills V30 and V31; SUMS, which leaves in V0, V2, V4 and V6 the
// sums of a block's products for four rows each, from the values at R2, the index
// at R3 and the activations at R9, all of which it moves on.
//
// V12..V15 hold the panel's outputs, V8..V11 the sums of a group.

	MOVD dst+0(FP), R1
	MOVD values+8(FP), R2
	MOVD index+16(FP), R3
	MOVD scales+24(FP), R4
	MOVD q+32(FP), R5
	MOVD xs+40(FP), R6
	MOVD panels+48(FP), R7
	MOVD blocks+56(FP), R8
	CONSTANTS

panel:
	VEOR V12.B16, V12.B16, V12.B16
	VEOR V13.B16, V13.B16, V13.B16
	VEOR V14.B16, V14.B16, V14.B16
	VEOR V15.B16, V15.B16, V15.B16
	MOVD R5, R9
	MOVD R6, R10
	MOVD R8, R11 // blocks left

group:
	VEOR V8.B16, V8.B16, V8.B16
	VEOR V9.B16, V9.B16, V9.B16
	VEOR V10.B16, V10.B16, V10.B16
	VEOR V11.B16, V11.B16, V11.B16
	MOVD $4, R12
	CMP  R12, R11
	CSEL LT, R11, R12, R12 // blocks of the group
	SUB  R12, R11

block:
	SUMS
	VLD1R.P 4(R10), [V28.S4] // x.Scale[b]
	SCVTF4S(0, 0)
	SCVTF4S(2, 2)
	SCVTF4S(4, 4)
	SCVTF4S(6, 6)
	VFMLA V28.S4, V0.S4, V8.S4 // t += float32(sum) * x.Scale[b]
	VFMLA V28.S4, V2.S4, V9.S4
	VFMLA V28.S4, V4.S4, V10.S4
	VFMLA V28.S4, V6.S4, V11.S4
	SUBS  $1, R12
	BNE   block
	VLD1.P 32(R4), [V16.H8, V17.H8]
	FCVTL4S(16, 18)
	FCVTL2_4S(16, 19)
	FCVTL4S(17, 20)
	FCVTL2_4S(17, 21)
	VFMLA V18.S4, V8.S4, V12.S4 // dst += t * scale[g]
	VFMLA V19.S4, V9.S4, V13.S4
	VFMLA V20.S4, V10.S4, V14.S4
	VFMLA V21.S4, V11.S4, V15.S4
	CBNZ   R11, group
	VST1.P [V12.S4, V13.S4, V14.S4, V15.S4], 64(R1)
	SUBS   $1, R7
	BNE    panel
	RET
