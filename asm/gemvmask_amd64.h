// The body of the products of masked rows of float weights. A file that includes it
// defines START; CLEAR and FOLD, of a row's sums; and WORD, which adds the products
// of 64 columns, whose bits are at BX and activations at DX, and moves the values at
// SI on. R10, CX, BX, DX and DI are not WORD's to change.

	MOVQ dst+0(FP), DI
	MOVQ mask+8(FP), BX
	MOVQ values+16(FP), SI
	MOVQ rows+32(FP), R10
	START

row:
	CLEAR
	MOVQ x+24(FP), DX
	MOVQ words+40(FP), CX

word:
	WORD
	ADDQ   $8, BX
	ADDQ   $256, DX
	DECQ   CX
	JNZ    word
	FOLD
	VMOVSS X0, (DI)
	ADDQ   $4, DI
	DECQ   R10
	JNZ    row
	VZEROUPPER
	RET
