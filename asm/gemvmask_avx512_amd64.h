// The body of the AVX-512 products of masked rows of float weights. A file that
// includes it defines SIZE, the bytes of a weight, and LOAD, which makes the next
// sixteen float32.
//
// Z0 and Z1 hold the sums of columns that are alike modulo 32.

#define SIXTEEN(at, sum) \
	MOVWLZX     (at)(BX), AX; \
	KMOVW       AX, K1; \
	POPCNTL     AX, AX; \
	LOAD; \
	VEXPANDPS.Z Z4, K1, Z4; \
	VFMADD231PS (32*at)(DX), Z4, sum; \
	LEAQ        (SI)(AX*SIZE), SI

	MOVQ dst+0(FP), DI
	MOVQ mask+8(FP), BX
	MOVQ values+16(FP), SI
	MOVQ rows+32(FP), R10

row:
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	MOVQ   x+24(FP), DX
	MOVQ   words+40(FP), CX

word:
	PREFETCHT0    1024(SI)
	PREFETCHT0    1088(SI)
	SIXTEEN(0, Z0)
	SIXTEEN(2, Z1)
	SIXTEEN(4, Z0)
	SIXTEEN(6, Z1)
	ADDQ          $8, BX
	ADDQ          $256, DX
	DECQ          CX
	JNZ           word
	VADDPS        Z1, Z0, Z0
	VEXTRACTF64X4 $1, Z0, Y1
	VADDPS        Y1, Y0, Y0
	BYHALVES8(Y0, X0, X1)
	VMOVSS        X0, (DI)
	ADDQ          $4, DI
	DECQ          R10
	JNZ           row
	VZEROUPPER
	RET
