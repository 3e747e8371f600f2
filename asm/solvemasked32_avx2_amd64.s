//go:build !noasm

#include "textflag.h"

// Column j of the tile, 16 rows, is in Y(2j) and Y(2j+1); Y12 and Y13 hold the
// errors of the column in hand.

// The bit of each row.
DATA maskBits<>+0(SB)/4, $0x0001
DATA maskBits<>+4(SB)/4, $0x0002
DATA maskBits<>+8(SB)/4, $0x0004
DATA maskBits<>+12(SB)/4, $0x0008
DATA maskBits<>+16(SB)/4, $0x0010
DATA maskBits<>+20(SB)/4, $0x0020
DATA maskBits<>+24(SB)/4, $0x0040
DATA maskBits<>+28(SB)/4, $0x0080
DATA maskBits<>+32(SB)/4, $0x0100
DATA maskBits<>+36(SB)/4, $0x0200
DATA maskBits<>+40(SB)/4, $0x0400
DATA maskBits<>+44(SB)/4, $0x0800
DATA maskBits<>+48(SB)/4, $0x1000
DATA maskBits<>+52(SB)/4, $0x2000
DATA maskBits<>+56(SB)/4, $0x4000
DATA maskBits<>+60(SB)/4, $0x8000
GLOBL maskBits<>(SB), RODATA|NOPTR, $64

// PRUNE finds the errors of column i and zeroes its masked weights.
#define PRUNE(i, lo, hi) \
	VBROADCASTSS (i*4)(SI), Y14; /* r[i*rs+i] */ \
	VPBROADCASTD (BX), Y15; /* mask[i] */ \
	VPAND        maskBits<>+0(SB), Y15, Y12; \
	VPCMPEQD     maskBits<>+0(SB), Y12, Y12; /* ones where rows 0..8 are masked */ \
	VPAND        maskBits<>+32(SB), Y15, Y13; \
	VPCMPEQD     maskBits<>+32(SB), Y13, Y13; /* rows 8..16 */ \
	VDIVPS       Y14, lo, Y15; /* err = w/r where masked, else 0 */ \
	VANDNPS      lo, Y12, lo; /* w = 0 where masked */ \
	VANDPS       Y12, Y15, Y12; \
	VDIVPS       Y14, hi, Y15; \
	VANDNPS      hi, Y13, hi; \
	VANDPS       Y13, Y15, Y13; \
	VMOVUPS      Y12, (DX); \
	VMOVUPS      Y13, 32(DX); \
	ADDQ         $4, BX; \
	ADDQ         $64, DX

// UPDATE makes column j good for the errors of column i.
#define UPDATE(j, t, lo, hi) \
	VBROADCASTSS (j*4)(SI), t; /* r[i*rs+j] */ \
	VFNMADD231PS t, Y12, lo; /* w -= err * r[i*rs+j] */ \
	VFNMADD231PS t, Y13, hi

// NEXT goes to the next row of R and leaves after s columns.
#define NEXT \
	ADDQ R8, SI; \
	DECQ CX; \
	JZ   write

// WRITE stores a column and leaves after m.
#define WRITE(lo, hi) \
	VMOVUPS lo, (DI); \
	VMOVUPS hi, 32(DI); \
	ADDQ    $64, DI; \
	DECQ    R9; \
	JZ      done

// func solveMasked32AVX2(s, m int, w, err, r *float32, rs int, mask *uint32)
TEXT ·solveMasked32AVX2(SB), NOSPLIT, $0-56
	MOVQ s+0(FP), CX
	MOVQ m+8(FP), R9
	MOVQ w+16(FP), DI
	MOVQ err+24(FP), DX
	MOVQ r+32(FP), SI
	MOVQ rs+40(FP), R8
	MOVQ mask+48(FP), BX
	SHLQ $2, R8              // stride in bytes

	VMOVUPS 0(DI), Y0
	VMOVUPS 32(DI), Y1
	VMOVUPS 64(DI), Y2
	VMOVUPS 96(DI), Y3
	VMOVUPS 128(DI), Y4
	VMOVUPS 160(DI), Y5
	VMOVUPS 192(DI), Y6
	VMOVUPS 224(DI), Y7
	VMOVUPS 256(DI), Y8
	VMOVUPS 288(DI), Y9
	VMOVUPS 320(DI), Y10
	VMOVUPS 352(DI), Y11

	PRUNE(0, Y0, Y1)
	UPDATE(1, Y15, Y2, Y3)
	UPDATE(2, Y14, Y4, Y5)
	UPDATE(3, Y15, Y6, Y7)
	UPDATE(4, Y14, Y8, Y9)
	UPDATE(5, Y15, Y10, Y11)
	NEXT

	PRUNE(1, Y2, Y3)
	UPDATE(2, Y15, Y4, Y5)
	UPDATE(3, Y14, Y6, Y7)
	UPDATE(4, Y15, Y8, Y9)
	UPDATE(5, Y14, Y10, Y11)
	NEXT

	PRUNE(2, Y4, Y5)
	UPDATE(3, Y15, Y6, Y7)
	UPDATE(4, Y14, Y8, Y9)
	UPDATE(5, Y15, Y10, Y11)
	NEXT

	PRUNE(3, Y6, Y7)
	UPDATE(4, Y15, Y8, Y9)
	UPDATE(5, Y14, Y10, Y11)
	NEXT

	PRUNE(4, Y8, Y9)
	UPDATE(5, Y15, Y10, Y11)
	NEXT

	PRUNE(5, Y10, Y11)

write:
	WRITE(Y0, Y1)
	WRITE(Y2, Y3)
	WRITE(Y4, Y5)
	WRITE(Y6, Y7)
	WRITE(Y8, Y9)
	WRITE(Y10, Y11)

done:
	VZEROUPPER
	RET
