//go:build !noasm

#include "textflag.h"
#include "neon_arm64.h"

// func f16ToF32(dst *float32, src *uint16, n int)
TEXT ·f16ToF32(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R1
	MOVD src+8(FP), R2
	MOVD n+16(FP), R3

loop:
	VLD1.P 16(R2), [V0.H8]
	FCVTL4S(0, 1)
	FCVTL2_4S(0, 2)
	VST1.P [V1.S4, V2.S4], 32(R1)
	SUBS   $8, R3
	BNE    loop
	RET

// func f32ToF16(dst *uint16, src *float32, n int)
TEXT ·f32ToF16(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R1
	MOVD src+8(FP), R2
	MOVD n+16(FP), R3

loop:
	VLD1.P 32(R2), [V0.S4, V1.S4]
	FCVTN4H(0, 2)
	FCVTN2_8H(1, 2)
	VST1.P [V2.H8], 16(R1)
	SUBS   $8, R3
	BNE    loop
	RET

// func bf16ToF32(dst *float32, src *uint16, n int)
TEXT ·bf16ToF32(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R1
	MOVD src+8(FP), R2
	MOVD n+16(FP), R3
	VEOR V0.B16, V0.B16, V0.B16

loop:
	VLD1.P 16(R2), [V1.H8]
	VZIP1  V1.H8, V0.H8, V2.H8 // zeros below
	VZIP2  V1.H8, V0.H8, V3.H8
	VST1.P [V2.S4, V3.S4], 32(R1)
	SUBS   $8, R3
	BNE    loop
	RET

// func f32ToBF16(dst *uint16, src *float32, n int)
TEXT ·f32ToBF16(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R1
	MOVD src+8(FP), R2
	MOVD n+16(FP), R3
	MOVD $1, R4
	VDUP R4, V16.S4
	MOVD $0x7fff, R4
	VDUP R4, V17.S4
	MOVD $0x400000, R4
	VDUP R4, V18.S4 // the bit of a quiet NaN

loop:
	VLD1.P 32(R2), [V0.S4, V1.S4]
	VUSHR $16, V0.S4, V2.S4
	VAND  V16.B16, V2.B16, V2.B16 // the lowest bit that stays
	VADD  V17.S4, V2.S4, V2.S4
	VADD  V0.S4, V2.S4, V2.S4 // rounded to nearest, ties to even
	VORR  V18.B16, V0.B16, V4.B16
	FCMEQ4S(0, 0, 6)
	VBIF  V6.B16, V4.B16, V2.B16 // where it is a NaN
	VUSHR $16, V1.S4, V3.S4
	VAND  V16.B16, V3.B16, V3.B16 // the lowest bit that stays
	VADD  V17.S4, V3.S4, V3.S4
	VADD  V1.S4, V3.S4, V3.S4 // rounded to nearest, ties to even
	VORR  V18.B16, V1.B16, V5.B16
	FCMEQ4S(1, 1, 6)
	VBIF  V6.B16, V5.B16, V3.B16 // where it is a NaN
	VUZP2  V3.H8, V2.H8, V4.H8 // the upper halves
	VST1.P [V4.H8], 16(R1)
	SUBS   $8, R3
	BNE    loop
	RET
