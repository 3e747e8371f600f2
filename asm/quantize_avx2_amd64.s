//go:build !noasm

#include "textflag.h"

DATA quantizeConst<>+0(SB)/4, $0x42fe0000 // 127
DATA quantizeConst<>+4(SB)/4, $0x0d800000 // 2⁻¹⁰⁰
GLOBL quantizeConst<>(SB), RODATA|NOPTR, $8

// func quantizeAVX2(q, abs *int8, scale, wide *float32, sum *int32, x *float32, n int) (peak uint32)
TEXT ·quantizeAVX2(SB), NOSPLIT, $0-60
	MOVQ         q+0(FP), DI
	MOVQ         abs+8(FP), R8
	MOVQ         scale+16(FP), DX
	MOVQ         wide+24(FP), R9
	MOVQ         sum+32(FP), BX
	MOVQ         x+40(FP), SI
	MOVQ         n+48(FP), CX
	VPCMPEQD     Y15, Y15, Y15
	VPSRLD       $1, Y15, Y14        // all but the sign
	VPABSB       Y15, Y12            // bytes of 1
	VPSRLW       $15, Y15, Y11       // words of 1
	VMOVSS       quantizeConst<>+0(SB), X10
	VMOVSS       quantizeConst<>+4(SB), X9
	VPXOR        X8, X8, X8          // the greatest magnitude of all, as bits

block:
	VMOVUPS      (SI), Y0
	VMOVUPS      32(SI), Y1
	VMOVUPS      64(SI), Y2
	VMOVUPS      96(SI), Y3
	VPAND        Y14, Y0, Y4
	VPAND        Y14, Y1, Y5
	VPAND        Y14, Y2, Y6
	VPAND        Y14, Y3, Y7
	VPMAXUD      Y5, Y4, Y4          // magnitudes are in order as integers, NaN last
	VPMAXUD      Y7, Y6, Y6
	VPMAXUD      Y6, Y4, Y4
	VEXTRACTI128 $1, Y4, X5
	VPMAXUD      X5, X4, X4
	VPSHUFD      $0x4e, X4, X5
	VPMAXUD      X5, X4, X4
	VPSHUFD      $0xb1, X4, X5
	VPMAXUD      X5, X4, X4          // peak
	VPMAXUD      X4, X8, X8
	VCMPSS       $13, X9, X4, X6     // peak >= tiniest
	VDIVSS       X10, X4, X5         // peak / 127
	VDIVSS       X4, X10, X4         // 127 / peak
	VANDPS       X6, X5, X5
	VANDPS       X6, X4, X4
	VMOVSS       X5, (DX)
	VBROADCASTSS X5, Y5
	VMOVUPS      Y5, (R9)
	VBROADCASTSS X4, Y4
	VMULPS       Y4, Y0, Y0
	VMULPS       Y4, Y1, Y1
	VMULPS       Y4, Y2, Y2
	VMULPS       Y4, Y3, Y3
	VCVTPS2DQ    Y0, Y0              // to nearest, ties to even
	VCVTPS2DQ    Y1, Y1
	VCVTPS2DQ    Y2, Y2
	VCVTPS2DQ    Y3, Y3
	VPACKSSDW    Y1, Y0, Y0
	VPACKSSDW    Y3, Y2, Y2
	VPACKSSWB    Y2, Y0, Y0          // fours: 0, 2, 4, 6 and 1, 3, 5, 7
	VMOVDQU      quantizeOrder<>(SB), Y1
	VPERMD       Y0, Y1, Y0
	VMOVDQU      Y0, (DI)
	VPABSB       Y0, Y1
	VMOVDQU      Y1, (R8)
	VPMADDUBSW   Y0, Y12, Y0
	VPMADDWD     Y11, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPADDD       X1, X0, X0
	VPSHUFD      $0x4e, X0, X1
	VPADDD       X1, X0, X0
	VPSHUFD      $0xb1, X0, X1
	VPADDD       X1, X0, X0
	VMOVD        X0, (BX)
	ADDQ         $128, SI
	ADDQ         $32, DI
	ADDQ         $32, R8
	ADDQ         $32, R9
	ADDQ         $4, DX
	ADDQ         $4, BX
	SUBQ         $32, CX
	JNZ          block
	VMOVD        X8, AX
	MOVL         AX, peak+56(FP)
	VZEROUPPER
	RET

DATA quantizeOrder<>+0(SB)/8, $0x0000000400000000
DATA quantizeOrder<>+8(SB)/8, $0x0000000500000001
DATA quantizeOrder<>+16(SB)/8, $0x0000000600000002
DATA quantizeOrder<>+24(SB)/8, $0x0000000700000003
GLOBL quantizeOrder<>(SB), RODATA|NOPTR, $32
