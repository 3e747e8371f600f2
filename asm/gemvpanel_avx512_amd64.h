// The body of the AVX-512 products of panels. A file that includes it defines
// CONSTANTS, which fills Z12..Z15; SUMS, which leaves in Z0 the sums of a block's
// products, one for each row, from the values at SI, the index at BX, the
// activations at R12 and their sum at R14; and VALUES and INDEX, the bytes of a
// block.
//
// Z4 holds the panel's outputs, Z2 the sums of a group.

// AHEAD is how far ahead values are fetched: what arrives in the time of an access,
// or a little more. From 1024 to 4096 it matters little.
#define AHEAD 2048

	MOVQ dst+0(FP), DI
	MOVQ values+8(FP), SI
	MOVQ index+16(FP), BX
	MOVQ scales+24(FP), DX
	MOVQ q+32(FP), R8
	MOVQ xs+40(FP), R9
	MOVQ panels+56(FP), R10
	MOVQ blocks+64(FP), R11
	CONSTANTS

panel:
	VXORPS Y4, Y4, Y4
	MOVQ   R8, R12
	MOVQ   R9, R13
	MOVQ   sums+48(FP), R14
	MOVQ   R11, CX                   // blocks left

group:
	VXORPS  Y2, Y2, Y2
	MOVQ    $4, AX
	CMPQ    CX, AX
	CMOVQLT CX, AX                   // blocks of the group
	SUBQ    AX, CX

block:
	SUMS
	VCVTDQ2PS   Z0, Z0
	VFMADD231PS.BCST (R13), Z0, Z2   // t += float32(sum) * x.Scale[b]
	ADDQ        $VALUES, SI
	ADDQ        $INDEX, BX
	ADDQ        $32, R12
	ADDQ        $4, R13
	ADDQ        $4, R14
	DECQ        AX
	JNZ         block
	VCVTPH2PS   (DX), Z6
	VFMADD231PS Z6, Z2, Z4           // dst += t * scale[g]
	ADDQ        $32, DX
	TESTQ       CX, CX
	JNZ         group
	VMOVUPS     Z4, (DI)
	ADDQ        $64, DI
	DECQ        R10
	JNZ         panel
	VZEROUPPER
	RET
