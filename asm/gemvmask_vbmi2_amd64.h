// The body of the AVX-512 VBMI2 products of masked rows of weights of 16 bits. A
// file that includes it defines WIDEN, which makes sixteen in y float32 in z.
//
// Z0 and Z1 hold the sums of columns that are alike modulo 32.

#define COLUMNS(at) \
	KMOVD         (at)(BX), K1; \
	POPCNTL       (at)(BX), AX; \
	VMOVDQU16     (SI), Z4; \
	VPEXPANDW.Z   Z4, K1, Z4; \
	VEXTRACTI64X4 $1, Z4, Y5; \
	WIDEN(Y4, Z4); \
	WIDEN(Y5, Z5); \
	VFMADD231PS   (32*at)(DX), Z4, Z0; \
	VFMADD231PS   (32*at+64)(DX), Z5, Z1; \
	LEAQ          (SI)(AX*2), SI

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
	COLUMNS(0)
	COLUMNS(4)
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
