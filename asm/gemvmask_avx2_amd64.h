// The body of the AVX2 products of masked rows of float weights. A file that
// includes it defines TABLE, and EIGHT(rotate, at, sum), which adds the products
// of eight columns, at bytes from DX, to a sum: rotate brings their bits in the
// mask AX to where they count table entries at BP. Values are at R8; SIZE is the bytes of one.
//
// Y0..Y3 hold the sums of columns that are alike modulo 32.

	MOVQ dst+0(FP), DI
	MOVQ mask+8(FP), BX
	MOVQ values+16(FP), SI
	MOVQ rows+32(FP), R10
	LEAQ TABLE(SB), BP

row:
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	MOVQ   x+24(FP), DX
	MOVQ   words+40(FP), CX

word:
	MOVQ       (BX), AX
	MOVQ       SI, R8
	POPCNTQ    AX, R9
	LEAQ       (SI)(R9*SIZE), SI     // the next word's, which is not to wait for these
	PREFETCHT0 1024(SI)
	PREFETCHT0 1088(SI)
	EIGHT(0, 0, Y0)
	EIGHT(8, 32, Y1)
	EIGHT(16, 64, Y2)
	EIGHT(24, 96, Y3)
	EIGHT(32, 128, Y0)
	EIGHT(40, 160, Y1)
	EIGHT(48, 192, Y2)
	EIGHT(56, 224, Y3)
	ADDQ       $8, BX
	ADDQ       $256, DX
	DECQ       CX
	JNZ        word
	VADDPS     Y2, Y0, Y0
	VADDPS     Y3, Y1, Y1
	VADDPS     Y1, Y0, Y0
	BYHALVES8(Y0, X0, X1)
	VMOVSS     X0, (DI)
	ADDQ       $4, DI
	DECQ       R10
	JNZ        row
	VZEROUPPER
	RET
