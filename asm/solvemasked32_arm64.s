//go:build !noasm

#include "textflag.h"

// Column j of the tile, 12 rows, is in V(8+3j) and the two after it; V2 to V4
// hold the errors of the column in hand, V0 and V1 a row of R.

// The bit of each row.
DATA maskBits<>+0(SB)/8, $0x0000000200000001
DATA maskBits<>+8(SB)/8, $0x0000000800000004
DATA maskBits<>+16(SB)/8, $0x0000002000000010
DATA maskBits<>+24(SB)/8, $0x0000008000000040
DATA maskBits<>+32(SB)/8, $0x0000020000000100
DATA maskBits<>+40(SB)/8, $0x0000080000000400
GLOBL maskBits<>(SB), RODATA|NOPTR, $48

// func solveMasked32NEON(s, m int, w, err, r *float32, rs int, mask *uint32)
TEXT ·solveMasked32NEON(SB), NOSPLIT, $0-56
	MOVD s+0(FP), R0
	MOVD m+8(FP), R1
	MOVD w+16(FP), R2
	MOVD err+24(FP), R3
	MOVD r+32(FP), R4
	MOVD rs+40(FP), R5
	MOVD mask+48(FP), R6
	MOVD $maskBits<>(SB), R7
	ADD  $16, R7, R8
	ADD  $32, R7, R9
	LSL  $2, R5, R5          // stride in bytes
	MOVD R2, R10
	VLD1.P 48(R10), [V8.S4, V9.S4, V10.S4]
	VLD1.P 48(R10), [V11.S4, V12.S4, V13.S4]
	VLD1.P 48(R10), [V14.S4, V15.S4, V16.S4]
	VLD1.P 48(R10), [V17.S4, V18.S4, V19.S4]
	VLD1.P 48(R10), [V20.S4, V21.S4, V22.S4]
	VLD1.P 48(R10), [V23.S4, V24.S4, V25.S4]
	VLD1.P 48(R10), [V26.S4, V27.S4, V28.S4]
	VLD1.P 48(R10), [V29.S4, V30.S4, V31.S4]

	VLD1.P (R4)(R5), [V0.S4, V1.S4] // r[0*rs:][:8]
	VLD1R.P 4(R6), [V6.S4] // mask[0]
	VDUP V0.S[0], V5.S4 // r[0*rs+0]
	VLD1 (R7), [V7.S4]
	VCMTST V6.S4, V7.S4, V7.S4 // ones where masked
	WORD $0x6e25fd02 // FDIV V2.4S, V8.4S, V5.4S
	VAND V7.B16, V2.B16, V2.B16 // err = w/r where masked, else 0
	VAND V7.B16, V8.B16, V7.B16
	VEOR V7.B16, V8.B16, V8.B16 // w = 0 where masked
	VLD1 (R8), [V7.S4]
	VCMTST V6.S4, V7.S4, V7.S4 // ones where masked
	WORD $0x6e25fd23 // FDIV V3.4S, V9.4S, V5.4S
	VAND V7.B16, V3.B16, V3.B16 // err = w/r where masked, else 0
	VAND V7.B16, V9.B16, V7.B16
	VEOR V7.B16, V9.B16, V9.B16 // w = 0 where masked
	VLD1 (R9), [V7.S4]
	VCMTST V6.S4, V7.S4, V7.S4 // ones where masked
	WORD $0x6e25fd44 // FDIV V4.4S, V10.4S, V5.4S
	VAND V7.B16, V4.B16, V4.B16 // err = w/r where masked, else 0
	VAND V7.B16, V10.B16, V7.B16
	VEOR V7.B16, V10.B16, V10.B16 // w = 0 where masked
	VST1.P [V2.S4, V3.S4, V4.S4], 48(R3)
	WORD $0x4fa0504b // FMLS V11.4S, V2.4S, V0.S[1]
	WORD $0x4fa0506c // FMLS V12.4S, V3.4S, V0.S[1]
	WORD $0x4fa0508d // FMLS V13.4S, V4.4S, V0.S[1]
	WORD $0x4f80584e // FMLS V14.4S, V2.4S, V0.S[2]
	WORD $0x4f80586f // FMLS V15.4S, V3.4S, V0.S[2]
	WORD $0x4f805890 // FMLS V16.4S, V4.4S, V0.S[2]
	WORD $0x4fa05851 // FMLS V17.4S, V2.4S, V0.S[3]
	WORD $0x4fa05872 // FMLS V18.4S, V3.4S, V0.S[3]
	WORD $0x4fa05893 // FMLS V19.4S, V4.4S, V0.S[3]
	WORD $0x4f815054 // FMLS V20.4S, V2.4S, V1.S[0]
	WORD $0x4f815075 // FMLS V21.4S, V3.4S, V1.S[0]
	WORD $0x4f815096 // FMLS V22.4S, V4.4S, V1.S[0]
	WORD $0x4fa15057 // FMLS V23.4S, V2.4S, V1.S[1]
	WORD $0x4fa15078 // FMLS V24.4S, V3.4S, V1.S[1]
	WORD $0x4fa15099 // FMLS V25.4S, V4.4S, V1.S[1]
	WORD $0x4f81585a // FMLS V26.4S, V2.4S, V1.S[2]
	WORD $0x4f81587b // FMLS V27.4S, V3.4S, V1.S[2]
	WORD $0x4f81589c // FMLS V28.4S, V4.4S, V1.S[2]
	WORD $0x4fa1585d // FMLS V29.4S, V2.4S, V1.S[3]
	WORD $0x4fa1587e // FMLS V30.4S, V3.4S, V1.S[3]
	WORD $0x4fa1589f // FMLS V31.4S, V4.4S, V1.S[3]
	SUBS $1, R0
	BEQ write

	VLD1.P (R4)(R5), [V0.S4, V1.S4] // r[1*rs:][:8]
	VLD1R.P 4(R6), [V6.S4] // mask[1]
	VDUP V0.S[1], V5.S4 // r[1*rs+1]
	VLD1 (R7), [V7.S4]
	VCMTST V6.S4, V7.S4, V7.S4 // ones where masked
	WORD $0x6e25fd62 // FDIV V2.4S, V11.4S, V5.4S
	VAND V7.B16, V2.B16, V2.B16 // err = w/r where masked, else 0
	VAND V7.B16, V11.B16, V7.B16
	VEOR V7.B16, V11.B16, V11.B16 // w = 0 where masked
	VLD1 (R8), [V7.S4]
	VCMTST V6.S4, V7.S4, V7.S4 // ones where masked
	WORD $0x6e25fd83 // FDIV V3.4S, V12.4S, V5.4S
	VAND V7.B16, V3.B16, V3.B16 // err = w/r where masked, else 0
	VAND V7.B16, V12.B16, V7.B16
	VEOR V7.B16, V12.B16, V12.B16 // w = 0 where masked
	VLD1 (R9), [V7.S4]
	VCMTST V6.S4, V7.S4, V7.S4 // ones where masked
	WORD $0x6e25fda4 // FDIV V4.4S, V13.4S, V5.4S
	VAND V7.B16, V4.B16, V4.B16 // err = w/r where masked, else 0
	VAND V7.B16, V13.B16, V7.B16
	VEOR V7.B16, V13.B16, V13.B16 // w = 0 where masked
	VST1.P [V2.S4, V3.S4, V4.S4], 48(R3)
	WORD $0x4f80584e // FMLS V14.4S, V2.4S, V0.S[2]
	WORD $0x4f80586f // FMLS V15.4S, V3.4S, V0.S[2]
	WORD $0x4f805890 // FMLS V16.4S, V4.4S, V0.S[2]
	WORD $0x4fa05851 // FMLS V17.4S, V2.4S, V0.S[3]
	WORD $0x4fa05872 // FMLS V18.4S, V3.4S, V0.S[3]
	WORD $0x4fa05893 // FMLS V19.4S, V4.4S, V0.S[3]
	WORD $0x4f815054 // FMLS V20.4S, V2.4S, V1.S[0]
	WORD $0x4f815075 // FMLS V21.4S, V3.4S, V1.S[0]
	WORD $0x4f815096 // FMLS V22.4S, V4.4S, V1.S[0]
	WORD $0x4fa15057 // FMLS V23.4S, V2.4S, V1.S[1]
	WORD $0x4fa15078 // FMLS V24.4S, V3.4S, V1.S[1]
	WORD $0x4fa15099 // FMLS V25.4S, V4.4S, V1.S[1]
	WORD $0x4f81585a // FMLS V26.4S, V2.4S, V1.S[2]
	WORD $0x4f81587b // FMLS V27.4S, V3.4S, V1.S[2]
	WORD $0x4f81589c // FMLS V28.4S, V4.4S, V1.S[2]
	WORD $0x4fa1585d // FMLS V29.4S, V2.4S, V1.S[3]
	WORD $0x4fa1587e // FMLS V30.4S, V3.4S, V1.S[3]
	WORD $0x4fa1589f // FMLS V31.4S, V4.4S, V1.S[3]
	SUBS $1, R0
	BEQ write

	VLD1.P (R4)(R5), [V0.S4, V1.S4] // r[2*rs:][:8]
	VLD1R.P 4(R6), [V6.S4] // mask[2]
	VDUP V0.S[2], V5.S4 // r[2*rs+2]
	VLD1 (R7), [V7.S4]
	VCMTST V6.S4, V7.S4, V7.S4 // ones where masked
	WORD $0x6e25fdc2 // FDIV V2.4S, V14.4S, V5.4S
	VAND V7.B16, V2.B16, V2.B16 // err = w/r where masked, else 0
	VAND V7.B16, V14.B16, V7.B16
	VEOR V7.B16, V14.B16, V14.B16 // w = 0 where masked
	VLD1 (R8), [V7.S4]
	VCMTST V6.S4, V7.S4, V7.S4 // ones where masked
	WORD $0x6e25fde3 // FDIV V3.4S, V15.4S, V5.4S
	VAND V7.B16, V3.B16, V3.B16 // err = w/r where masked, else 0
	VAND V7.B16, V15.B16, V7.B16
	VEOR V7.B16, V15.B16, V15.B16 // w = 0 where masked
	VLD1 (R9), [V7.S4]
	VCMTST V6.S4, V7.S4, V7.S4 // ones where masked
	WORD $0x6e25fe04 // FDIV V4.4S, V16.4S, V5.4S
	VAND V7.B16, V4.B16, V4.B16 // err = w/r where masked, else 0
	VAND V7.B16, V16.B16, V7.B16
	VEOR V7.B16, V16.B16, V16.B16 // w = 0 where masked
	VST1.P [V2.S4, V3.S4, V4.S4], 48(R3)
	WORD $0x4fa05851 // FMLS V17.4S, V2.4S, V0.S[3]
	WORD $0x4fa05872 // FMLS V18.4S, V3.4S, V0.S[3]
	WORD $0x4fa05893 // FMLS V19.4S, V4.4S, V0.S[3]
	WORD $0x4f815054 // FMLS V20.4S, V2.4S, V1.S[0]
	WORD $0x4f815075 // FMLS V21.4S, V3.4S, V1.S[0]
	WORD $0x4f815096 // FMLS V22.4S, V4.4S, V1.S[0]
	WORD $0x4fa15057 // FMLS V23.4S, V2.4S, V1.S[1]
	WORD $0x4fa15078 // FMLS V24.4S, V3.4S, V1.S[1]
	WORD $0x4fa15099 // FMLS V25.4S, V4.4S, V1.S[1]
	WORD $0x4f81585a // FMLS V26.4S, V2.4S, V1.S[2]
	WORD $0x4f81587b // FMLS V27.4S, V3.4S, V1.S[2]
	WORD $0x4f81589c // FMLS V28.4S, V4.4S, V1.S[2]
	WORD $0x4fa1585d // FMLS V29.4S, V2.4S, V1.S[3]
	WORD $0x4fa1587e // FMLS V30.4S, V3.4S, V1.S[3]
	WORD $0x4fa1589f // FMLS V31.4S, V4.4S, V1.S[3]
	SUBS $1, R0
	BEQ write

	VLD1.P (R4)(R5), [V0.S4, V1.S4] // r[3*rs:][:8]
	VLD1R.P 4(R6), [V6.S4] // mask[3]
	VDUP V0.S[3], V5.S4 // r[3*rs+3]
	VLD1 (R7), [V7.S4]
	VCMTST V6.S4, V7.S4, V7.S4 // ones where masked
	WORD $0x6e25fe22 // FDIV V2.4S, V17.4S, V5.4S
	VAND V7.B16, V2.B16, V2.B16 // err = w/r where masked, else 0
	VAND V7.B16, V17.B16, V7.B16
	VEOR V7.B16, V17.B16, V17.B16 // w = 0 where masked
	VLD1 (R8), [V7.S4]
	VCMTST V6.S4, V7.S4, V7.S4 // ones where masked
	WORD $0x6e25fe43 // FDIV V3.4S, V18.4S, V5.4S
	VAND V7.B16, V3.B16, V3.B16 // err = w/r where masked, else 0
	VAND V7.B16, V18.B16, V7.B16
	VEOR V7.B16, V18.B16, V18.B16 // w = 0 where masked
	VLD1 (R9), [V7.S4]
	VCMTST V6.S4, V7.S4, V7.S4 // ones where masked
	WORD $0x6e25fe64 // FDIV V4.4S, V19.4S, V5.4S
	VAND V7.B16, V4.B16, V4.B16 // err = w/r where masked, else 0
	VAND V7.B16, V19.B16, V7.B16
	VEOR V7.B16, V19.B16, V19.B16 // w = 0 where masked
	VST1.P [V2.S4, V3.S4, V4.S4], 48(R3)
	WORD $0x4f815054 // FMLS V20.4S, V2.4S, V1.S[0]
	WORD $0x4f815075 // FMLS V21.4S, V3.4S, V1.S[0]
	WORD $0x4f815096 // FMLS V22.4S, V4.4S, V1.S[0]
	WORD $0x4fa15057 // FMLS V23.4S, V2.4S, V1.S[1]
	WORD $0x4fa15078 // FMLS V24.4S, V3.4S, V1.S[1]
	WORD $0x4fa15099 // FMLS V25.4S, V4.4S, V1.S[1]
	WORD $0x4f81585a // FMLS V26.4S, V2.4S, V1.S[2]
	WORD $0x4f81587b // FMLS V27.4S, V3.4S, V1.S[2]
	WORD $0x4f81589c // FMLS V28.4S, V4.4S, V1.S[2]
	WORD $0x4fa1585d // FMLS V29.4S, V2.4S, V1.S[3]
	WORD $0x4fa1587e // FMLS V30.4S, V3.4S, V1.S[3]
	WORD $0x4fa1589f // FMLS V31.4S, V4.4S, V1.S[3]
	SUBS $1, R0
	BEQ write

	VLD1.P (R4)(R5), [V0.S4, V1.S4] // r[4*rs:][:8]
	VLD1R.P 4(R6), [V6.S4] // mask[4]
	VDUP V1.S[0], V5.S4 // r[4*rs+4]
	VLD1 (R7), [V7.S4]
	VCMTST V6.S4, V7.S4, V7.S4 // ones where masked
	WORD $0x6e25fe82 // FDIV V2.4S, V20.4S, V5.4S
	VAND V7.B16, V2.B16, V2.B16 // err = w/r where masked, else 0
	VAND V7.B16, V20.B16, V7.B16
	VEOR V7.B16, V20.B16, V20.B16 // w = 0 where masked
	VLD1 (R8), [V7.S4]
	VCMTST V6.S4, V7.S4, V7.S4 // ones where masked
	WORD $0x6e25fea3 // FDIV V3.4S, V21.4S, V5.4S
	VAND V7.B16, V3.B16, V3.B16 // err = w/r where masked, else 0
	VAND V7.B16, V21.B16, V7.B16
	VEOR V7.B16, V21.B16, V21.B16 // w = 0 where masked
	VLD1 (R9), [V7.S4]
	VCMTST V6.S4, V7.S4, V7.S4 // ones where masked
	WORD $0x6e25fec4 // FDIV V4.4S, V22.4S, V5.4S
	VAND V7.B16, V4.B16, V4.B16 // err = w/r where masked, else 0
	VAND V7.B16, V22.B16, V7.B16
	VEOR V7.B16, V22.B16, V22.B16 // w = 0 where masked
	VST1.P [V2.S4, V3.S4, V4.S4], 48(R3)
	WORD $0x4fa15057 // FMLS V23.4S, V2.4S, V1.S[1]
	WORD $0x4fa15078 // FMLS V24.4S, V3.4S, V1.S[1]
	WORD $0x4fa15099 // FMLS V25.4S, V4.4S, V1.S[1]
	WORD $0x4f81585a // FMLS V26.4S, V2.4S, V1.S[2]
	WORD $0x4f81587b // FMLS V27.4S, V3.4S, V1.S[2]
	WORD $0x4f81589c // FMLS V28.4S, V4.4S, V1.S[2]
	WORD $0x4fa1585d // FMLS V29.4S, V2.4S, V1.S[3]
	WORD $0x4fa1587e // FMLS V30.4S, V3.4S, V1.S[3]
	WORD $0x4fa1589f // FMLS V31.4S, V4.4S, V1.S[3]
	SUBS $1, R0
	BEQ write

	VLD1.P (R4)(R5), [V0.S4, V1.S4] // r[5*rs:][:8]
	VLD1R.P 4(R6), [V6.S4] // mask[5]
	VDUP V1.S[1], V5.S4 // r[5*rs+5]
	VLD1 (R7), [V7.S4]
	VCMTST V6.S4, V7.S4, V7.S4 // ones where masked
	WORD $0x6e25fee2 // FDIV V2.4S, V23.4S, V5.4S
	VAND V7.B16, V2.B16, V2.B16 // err = w/r where masked, else 0
	VAND V7.B16, V23.B16, V7.B16
	VEOR V7.B16, V23.B16, V23.B16 // w = 0 where masked
	VLD1 (R8), [V7.S4]
	VCMTST V6.S4, V7.S4, V7.S4 // ones where masked
	WORD $0x6e25ff03 // FDIV V3.4S, V24.4S, V5.4S
	VAND V7.B16, V3.B16, V3.B16 // err = w/r where masked, else 0
	VAND V7.B16, V24.B16, V7.B16
	VEOR V7.B16, V24.B16, V24.B16 // w = 0 where masked
	VLD1 (R9), [V7.S4]
	VCMTST V6.S4, V7.S4, V7.S4 // ones where masked
	WORD $0x6e25ff24 // FDIV V4.4S, V25.4S, V5.4S
	VAND V7.B16, V4.B16, V4.B16 // err = w/r where masked, else 0
	VAND V7.B16, V25.B16, V7.B16
	VEOR V7.B16, V25.B16, V25.B16 // w = 0 where masked
	VST1.P [V2.S4, V3.S4, V4.S4], 48(R3)
	WORD $0x4f81585a // FMLS V26.4S, V2.4S, V1.S[2]
	WORD $0x4f81587b // FMLS V27.4S, V3.4S, V1.S[2]
	WORD $0x4f81589c // FMLS V28.4S, V4.4S, V1.S[2]
	WORD $0x4fa1585d // FMLS V29.4S, V2.4S, V1.S[3]
	WORD $0x4fa1587e // FMLS V30.4S, V3.4S, V1.S[3]
	WORD $0x4fa1589f // FMLS V31.4S, V4.4S, V1.S[3]
	SUBS $1, R0
	BEQ write

	VLD1.P (R4)(R5), [V0.S4, V1.S4] // r[6*rs:][:8]
	VLD1R.P 4(R6), [V6.S4] // mask[6]
	VDUP V1.S[2], V5.S4 // r[6*rs+6]
	VLD1 (R7), [V7.S4]
	VCMTST V6.S4, V7.S4, V7.S4 // ones where masked
	WORD $0x6e25ff42 // FDIV V2.4S, V26.4S, V5.4S
	VAND V7.B16, V2.B16, V2.B16 // err = w/r where masked, else 0
	VAND V7.B16, V26.B16, V7.B16
	VEOR V7.B16, V26.B16, V26.B16 // w = 0 where masked
	VLD1 (R8), [V7.S4]
	VCMTST V6.S4, V7.S4, V7.S4 // ones where masked
	WORD $0x6e25ff63 // FDIV V3.4S, V27.4S, V5.4S
	VAND V7.B16, V3.B16, V3.B16 // err = w/r where masked, else 0
	VAND V7.B16, V27.B16, V7.B16
	VEOR V7.B16, V27.B16, V27.B16 // w = 0 where masked
	VLD1 (R9), [V7.S4]
	VCMTST V6.S4, V7.S4, V7.S4 // ones where masked
	WORD $0x6e25ff84 // FDIV V4.4S, V28.4S, V5.4S
	VAND V7.B16, V4.B16, V4.B16 // err = w/r where masked, else 0
	VAND V7.B16, V28.B16, V7.B16
	VEOR V7.B16, V28.B16, V28.B16 // w = 0 where masked
	VST1.P [V2.S4, V3.S4, V4.S4], 48(R3)
	WORD $0x4fa1585d // FMLS V29.4S, V2.4S, V1.S[3]
	WORD $0x4fa1587e // FMLS V30.4S, V3.4S, V1.S[3]
	WORD $0x4fa1589f // FMLS V31.4S, V4.4S, V1.S[3]
	SUBS $1, R0
	BEQ write

	VLD1.P (R4)(R5), [V0.S4, V1.S4] // r[7*rs:][:8]
	VLD1R.P 4(R6), [V6.S4] // mask[7]
	VDUP V1.S[3], V5.S4 // r[7*rs+7]
	VLD1 (R7), [V7.S4]
	VCMTST V6.S4, V7.S4, V7.S4 // ones where masked
	WORD $0x6e25ffa2 // FDIV V2.4S, V29.4S, V5.4S
	VAND V7.B16, V2.B16, V2.B16 // err = w/r where masked, else 0
	VAND V7.B16, V29.B16, V7.B16
	VEOR V7.B16, V29.B16, V29.B16 // w = 0 where masked
	VLD1 (R8), [V7.S4]
	VCMTST V6.S4, V7.S4, V7.S4 // ones where masked
	WORD $0x6e25ffc3 // FDIV V3.4S, V30.4S, V5.4S
	VAND V7.B16, V3.B16, V3.B16 // err = w/r where masked, else 0
	VAND V7.B16, V30.B16, V7.B16
	VEOR V7.B16, V30.B16, V30.B16 // w = 0 where masked
	VLD1 (R9), [V7.S4]
	VCMTST V6.S4, V7.S4, V7.S4 // ones where masked
	WORD $0x6e25ffe4 // FDIV V4.4S, V31.4S, V5.4S
	VAND V7.B16, V4.B16, V4.B16 // err = w/r where masked, else 0
	VAND V7.B16, V31.B16, V7.B16
	VEOR V7.B16, V31.B16, V31.B16 // w = 0 where masked
	VST1.P [V2.S4, V3.S4, V4.S4], 48(R3)

write:
	VST1.P [V8.S4, V9.S4, V10.S4], 48(R2)
	SUBS $1, R1
	BEQ done
	VST1.P [V11.S4, V12.S4, V13.S4], 48(R2)
	SUBS $1, R1
	BEQ done
	VST1.P [V14.S4, V15.S4, V16.S4], 48(R2)
	SUBS $1, R1
	BEQ done
	VST1.P [V17.S4, V18.S4, V19.S4], 48(R2)
	SUBS $1, R1
	BEQ done
	VST1.P [V20.S4, V21.S4, V22.S4], 48(R2)
	SUBS $1, R1
	BEQ done
	VST1.P [V23.S4, V24.S4, V25.S4], 48(R2)
	SUBS $1, R1
	BEQ done
	VST1.P [V26.S4, V27.S4, V28.S4], 48(R2)
	SUBS $1, R1
	BEQ done
	VST1.P [V29.S4, V30.S4, V31.S4], 48(R2)

done:
	RET
