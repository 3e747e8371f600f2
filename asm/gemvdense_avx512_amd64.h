// The body of the AVX-512 products of dense rows. A file that includes it defines
// SIZE, the bytes of a weight, and LOAD, which makes sixteen of them float32.
//
// Z0 and Z1 hold the sums of columns that are alike modulo 32.

	MOVQ dst+0(FP), DI
	MOVQ w+8(FP), SI
	MOVQ x+16(FP), R8
	MOVQ rows+24(FP), R10
	MOVQ cols+32(FP), R11
	MOVQ tail+40(FP), R9             // bytes of a row after its columns

row:
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	MOVQ   R8, DX
	MOVQ   R11, CX

loop:
	PREFETCHT0    2048(SI)
	LOAD(0*SIZE, Z4)
	LOAD(16*SIZE, Z5)
	VFMADD231PS   (DX), Z4, Z0
	VFMADD231PS   64(DX), Z5, Z1
	ADDQ          $(32*SIZE), SI
	ADDQ          $128, DX
	SUBQ          $32, CX
	JNZ           loop
	VADDPS        Z1, Z0, Z0
	VEXTRACTF64X4 $1, Z0, Y1
	VADDPS        Y1, Y0, Y0
	BYHALVES8(Y0, X0, X1)
	VMOVSS        X0, (DI)
	ADDQ          R9, SI
	ADDQ          $4, DI
	DECQ          R10
	JNZ           row
	VZEROUPPER
	RET
