//go:build !noasm

#include "textflag.h"

// PAIR leaves, of each half, a0+a2, b0+b2, a1+a3, b1+b3 in a.
#define PAIR(a, b, t) \
	VUNPCKHPS b, a, t; \
	VUNPCKLPS b, a, a; \
	VADDPS    t, a, a

// FOUR leaves, of each half, the sums of a and b and of c and d of PAIR in ab.
#define FOUR(ab, cd, t) \
	VUNPCKHPD cd, ab, t; \
	VUNPCKLPD cd, ab, ab; \
	VADDPS    t, ab, ab

// func rowDotsAVX2(dst, x, rows *float32, stride, n, width int)
TEXT ·rowDotsAVX2(SB), NOSPLIT, $0-48
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ rows+16(FP), DX
	MOVQ stride+24(FP), R8
	MOVQ n+32(FP), CX
	MOVQ width+40(FP), R9
	SHLQ $2, R8
	SHLQ $2, R9
	LEAQ (R8)(R8*2), R10 // three rows on
	ADDQ R9, SI          // its end: AX runs from -width up to 0
	NEGQ R9
	SUBQ $8, CX
	JLT  rest

eight:
	LEAQ   (DX)(R8*4), R11
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	VXORPS Y4, Y4, Y4
	VXORPS Y5, Y5, Y5
	VXORPS Y6, Y6, Y6
	VXORPS Y7, Y7, Y7
	MOVQ   R9, AX

column8:
	VMOVUPS     (SI)(AX*1), Y8
	VFMADD231PS (DX), Y8, Y0          // s[l] += x[j+l] * row[j+l]
	VFMADD231PS (DX)(R8*1), Y8, Y1
	VFMADD231PS (DX)(R8*2), Y8, Y2
	VFMADD231PS (DX)(R10*1), Y8, Y3
	VFMADD231PS (R11), Y8, Y4
	VFMADD231PS (R11)(R8*1), Y8, Y5
	VFMADD231PS (R11)(R8*2), Y8, Y6
	VFMADD231PS (R11)(R10*1), Y8, Y7
	ADDQ        $32, DX
	ADDQ        $32, R11
	ADDQ        $32, AX
	JNZ         column8

	PAIR(Y0, Y1, Y8)
	PAIR(Y2, Y3, Y9)
	PAIR(Y4, Y5, Y10)
	PAIR(Y6, Y7, Y11)
	FOUR(Y0, Y2, Y8)
	FOUR(Y4, Y6, Y9)
	VPERM2F128 $0x20, Y4, Y0, Y1
	VPERM2F128 $0x31, Y4, Y0, Y2
	VADDPS     Y2, Y1, Y1 // low + high
	VMOVUPS    Y1, (DI)
	ADDQ       $32, DI
	LEAQ       (DX)(R8*8), DX
	ADDQ       R9, DX
	SUBQ       $8, CX
	JGE        eight

rest:
	ADDQ $8, CX
	JZ   done

one:
	VXORPS Y0, Y0, Y0
	MOVQ   R9, AX

column:
	VMOVUPS     (SI)(AX*1), Y8
	VFMADD231PS (DX), Y8, Y0
	ADDQ        $32, DX
	ADDQ        $32, AX
	JNZ         column

	PAIR(Y0, Y0, Y8)
	FOUR(Y0, Y0, Y8)
	VEXTRACTF128 $1, Y0, X1
	VADDSS       X1, X0, X0
	VMOVSS       X0, (DI)
	ADDQ         $4, DI
	ADDQ         R8, DX
	ADDQ         R9, DX
	DECQ         CX
	JNZ          one

done:
	VZEROUPPER
	RET

// func rowSumAVX2(dst, a, rows *float32, stride, n, width int)
TEXT ·rowSumAVX2(SB), NOSPLIT, $0-48
	MOVQ dst+0(FP), DI
	MOVQ rows+16(FP), DX
	MOVQ stride+24(FP), R8
	MOVQ width+40(FP), R9
	SHLQ $2, R8
	SUBQ $64, R9
	JLT  narrow

wide:
	MOVQ   a+8(FP), SI
	MOVQ   n+32(FP), CX
	MOVQ   DX, R11
	VMOVUPS (DI), Y0
	VMOVUPS 32(DI), Y1
	VMOVUPS 64(DI), Y2
	VMOVUPS 96(DI), Y3
	VMOVUPS 128(DI), Y4
	VMOVUPS 160(DI), Y5
	VMOVUPS 192(DI), Y6
	VMOVUPS 224(DI), Y7

row64:
	VBROADCASTSS (SI), Y8
	VFMADD231PS  (R11), Y8, Y0    // dst[j] += f * v
	VFMADD231PS  32(R11), Y8, Y1
	VFMADD231PS  64(R11), Y8, Y2
	VFMADD231PS  96(R11), Y8, Y3
	VFMADD231PS  128(R11), Y8, Y4
	VFMADD231PS  160(R11), Y8, Y5
	VFMADD231PS  192(R11), Y8, Y6
	VFMADD231PS  224(R11), Y8, Y7
	ADDQ         $4, SI
	ADDQ         R8, R11
	DECQ         CX
	JNZ          row64

	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	VMOVUPS Y2, 64(DI)
	VMOVUPS Y3, 96(DI)
	VMOVUPS Y4, 128(DI)
	VMOVUPS Y5, 160(DI)
	VMOVUPS Y6, 192(DI)
	VMOVUPS Y7, 224(DI)
	ADDQ    $256, DI
	ADDQ    $256, DX
	SUBQ    $64, R9
	JGE     wide

narrow:
	ADDQ $64, R9
	JZ   end

eight:
	MOVQ   a+8(FP), SI
	MOVQ   n+32(FP), CX
	MOVQ   DX, R11
	VMOVUPS (DI), Y0

row8:
	VBROADCASTSS (SI), Y8
	VFMADD231PS  (R11), Y8, Y0
	ADDQ         $4, SI
	ADDQ         R8, R11
	DECQ         CX
	JNZ          row8

	VMOVUPS Y0, (DI)
	ADDQ    $32, DI
	ADDQ    $32, DX
	SUBQ    $8, R9
	JNZ     eight

end:
	VZEROUPPER
	RET
