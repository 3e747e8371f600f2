// The body of the products of dense rows. A file that includes it, by that of its
// tier, defines SIZE, the bytes of a weight, and LOAD(at, t), which makes a vector of
// them, at bytes from SI, float32. That of the tier defines CLEAR and FOLD, of a row's
// sums, and PRODUCTS, which adds those of 32 columns of x at DX.

	MOVQ dst+0(FP), DI
	MOVQ w+8(FP), SI
	MOVQ x+16(FP), R8
	MOVQ rows+24(FP), R10
	MOVQ cols+32(FP), R11
	MOVQ tail+40(FP), R9             // bytes of a row after its columns

row:
	CLEAR
	MOVQ R8, DX
	MOVQ R11, CX

loop:
	PREFETCHT0 2048(SI)
	PRODUCTS
	ADDQ       $(32*SIZE), SI
	ADDQ       $128, DX
	SUBQ       $32, CX
	JNZ        loop
	FOLD
	VMOVSS     X0, (DI)
	ADDQ       R9, SI
	ADDQ       $4, DI
	DECQ       R10
	JNZ        row
	VZEROUPPER
	RET
