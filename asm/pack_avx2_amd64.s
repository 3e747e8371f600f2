//go:build !noasm

#include "textflag.h"

// func copyRowsAVX2(dst unsafe.Pointer, dstStride int, src unsafe.Pointer, srcStride, rows, size int)
TEXT ·copyRowsAVX2(SB), NOSPLIT, $0-48
	MOVQ dst+0(FP), DI
	MOVQ dstStride+8(FP), R8
	MOVQ src+16(FP), SI
	MOVQ srcStride+24(FP), R9
	MOVQ rows+32(FP), CX
	MOVQ size+40(FP), R10
	CMPQ R10, $32
	JLT  narrow
	SUBQ $32, R10            // offset of the last 32 bytes

row:
	XORQ BX, BX
	TESTQ R10, R10
	JZ   last

chunk:
	VMOVUPS (SI)(BX*1), Y0   // 32 bytes at a time
	VMOVUPS Y0, (DI)(BX*1)
	ADDQ    $32, BX
	CMPQ    BX, R10
	JLT     chunk

last:
	VMOVUPS (SI)(R10*1), Y0  // and the last 32, which may overlap
	VMOVUPS Y0, (DI)(R10*1)
	ADDQ    R9, SI
	ADDQ    R8, DI
	DECQ    CX
	JNZ     row
	VZEROUPPER
	RET

narrow:
	SUBQ $16, R10            // offset of the last 16 bytes

short:
	VMOVUPS (SI), X0
	VMOVUPS (SI)(R10*1), X1
	VMOVUPS X0, (DI)
	VMOVUPS X1, (DI)(R10*1)
	ADDQ    R9, SI
	ADDQ    R8, DI
	DECQ    CX
	JNZ     short
	RET
