// The body of the AVX2 products of dense rows. A file that includes it defines
// SIZE, the bytes of a weight, and LOAD, which makes eight of them float32.
//
// Y0..Y3 hold the sums of columns that are alike modulo 32.

	MOVQ dst+0(FP), DI
	MOVQ w+8(FP), SI
	MOVQ x+16(FP), R8
	MOVQ rows+24(FP), R10
	MOVQ cols+32(FP), R11
	MOVQ tail+40(FP), R9             // bytes of a row after its columns

row:
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	MOVQ   R8, DX
	MOVQ   R11, CX

loop:
	PREFETCHT0  2048(SI)
	LOAD(0*SIZE, Y4)
	LOAD(8*SIZE, Y5)
	LOAD(16*SIZE, Y6)
	LOAD(24*SIZE, Y7)
	VFMADD231PS (DX), Y4, Y0
	VFMADD231PS 32(DX), Y5, Y1
	VFMADD231PS 64(DX), Y6, Y2
	VFMADD231PS 96(DX), Y7, Y3
	ADDQ        $(32*SIZE), SI
	ADDQ        $128, DX
	SUBQ        $32, CX
	JNZ         loop
	VADDPS      Y2, Y0, Y0
	VADDPS      Y3, Y1, Y1
	VADDPS      Y1, Y0, Y0
	BYHALVES8(Y0, X0, X1)
	VMOVSS      X0, (DI)
	ADDQ        R9, SI
	ADDQ        $4, DI
	DECQ        R10
	JNZ         row
	VZEROUPPER
	RET
