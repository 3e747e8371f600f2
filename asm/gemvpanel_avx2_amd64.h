// The body of the AVX2 products of panels. A file that includes it defines
// CONSTANTS, which fills Y13..Y15; SUMS, which leaves in Y0 and Y1 the sums of a
// block's products for rows 0..7 and 8..15, from the values at SI, the index at
// BX, the activations at R12 and their sum at R14; and VALUES and INDEX, the
// bytes of a block.
//
// Y4 and Y5 hold the panel's outputs, Y2 and Y3 the sums of a group.

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
	VXORPS Y5, Y5, Y5
	MOVQ   R8, R12
	MOVQ   R9, R13
	MOVQ   sums+48(FP), R14
	MOVQ   R11, CX                   // blocks left

group:
	VXORPS  Y2, Y2, Y2
	VXORPS  Y3, Y3, Y3
	MOVQ    $4, AX
	CMPQ    CX, AX
	CMOVQLT CX, AX                   // blocks of the group
	SUBQ    AX, CX

block:
	SUMS
	VBROADCASTSS (R13), Y6           // x.Scale[b]
	VCVTDQ2PS    Y0, Y0
	VCVTDQ2PS    Y1, Y1
	VFMADD231PS  Y6, Y0, Y2          // t += float32(sum) * x.Scale[b]
	VFMADD231PS  Y6, Y1, Y3
	ADDQ         $VALUES, SI
	ADDQ         $INDEX, BX
	ADDQ         $32, R12
	ADDQ         $4, R13
	ADDQ         $4, R14
	DECQ         AX
	JNZ          block
	VCVTPH2PS    (DX), Y6
	VCVTPH2PS    16(DX), Y7
	VFMADD231PS  Y6, Y2, Y4          // dst += t * scale[g]
	VFMADD231PS  Y7, Y3, Y5
	ADDQ         $32, DX
	TESTQ        CX, CX
	JNZ          group
	VMOVUPS      Y4, (DI)
	VMOVUPS      Y5, 32(DI)
	ADDQ         $64, DI
	DECQ         R10
	JNZ          panel
	VZEROUPPER
	RET
