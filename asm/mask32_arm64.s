//go:build !noasm

#include "textflag.h"
#include "neon_arm64.h"

// The bit of each row.
DATA maskBits<>+0(SB)/8, $0x0000000200000001
DATA maskBits<>+8(SB)/8, $0x0000000800000004
DATA maskBits<>+16(SB)/8, $0x0000002000000010
DATA maskBits<>+24(SB)/8, $0x0000008000000040
DATA maskBits<>+32(SB)/8, $0x0000020000000100
DATA maskBits<>+40(SB)/8, $0x0000080000000400
GLOBL maskBits<>(SB), RODATA|NOPTR, $48

// func maskBelow32(mask *uint32, w, d2 *float32, n int, threshold float32)
TEXT ·maskBelow32(SB), NOSPLIT, $0-36
	MOVD  mask+0(FP), R0
	MOVD  w+8(FP), R1
	MOVD  d2+16(FP), R2
	MOVD  n+24(FP), R3
	MOVWU threshold+32(FP), R4
	VDUP  R4, V4.S4
	MOVD  $maskBits<>(SB), R5
	VLD1  (R5), [V20.S4, V21.S4, V22.S4]

column:
	VLD1.P 48(R1), [V0.S4, V1.S4, V2.S4]
	VLD1R.P 4(R2), [V3.S4]
	FMUL4S(0, 0, 0)
	FMUL4S(1, 1, 1)
	FMUL4S(2, 2, 2)
	FDIV4S(3, 0, 0)
	FDIV4S(3, 1, 1)
	FDIV4S(3, 2, 2)
	FCMGE4S(0, 4, 0)
	FCMGE4S(1, 4, 1)
	FCMGE4S(2, 4, 2)
	VAND V20.B16, V0.B16, V0.B16
	VAND V21.B16, V1.B16, V1.B16
	VAND V22.B16, V2.B16, V2.B16
	VORR V1.B16, V0.B16, V0.B16
	VORR V2.B16, V0.B16, V0.B16
	ADDV4S(0, 0)
	FMOVS F0, R10
	MOVW.P R10, 4(R0)
	SUBS $1, R3
	BNE  column
	RET

// func maskLeast32(mask *uint32, w, d2 *float32, n, zeros int, scratch *float32)
TEXT ·maskLeast32(SB), NOSPLIT, $0-48
	MOVD mask+0(FP), R0
	MOVD w+8(FP), R1
	MOVD d2+16(FP), R2
	MOVD n+24(FP), R3
	MOVD zeros+32(FP), R4
	MOVD scratch+40(FP), R5
	VDUP R4, V16.S4
	MOVD $maskBits<>(SB), R6
	VLD1 (R6), [V20.S4, V21.S4, V22.S4]

	// The saliencies, without a sign, are in order as integers, NaN last.
	MOVD $0x7fffffff, R6
	VDUP R6, V17.S4
	MOVD R5, R7
	MOVD R3, R8

score:
	VLD1.P 48(R1), [V0.S4, V1.S4, V2.S4]
	VLD1R.P 4(R2), [V3.S4]
	FMUL4S(0, 0, 0)
	FMUL4S(1, 1, 1)
	FMUL4S(2, 2, 2)
	FDIV4S(3, 0, 0)
	FDIV4S(3, 1, 1)
	FDIV4S(3, 2, 2)
	VAND V17.B16, V0.B16, V0.B16
	VAND V17.B16, V1.B16, V1.B16
	VAND V17.B16, V2.B16, V2.B16
	VST1.P [V0.S4, V1.S4, V2.S4], 48(R7)
	SUBS   $1, R8
	BNE    score

	// zeros less the number of columns that come before: a comparison that
	// holds is -1.
	MOVD R5, R7              // column i
	MOVD R3, R8
	VEOR V18.B16, V18.B16, V18.B16

column:
	VLD1 (R7), [V0.S4, V1.S4, V2.S4]
	VORR V16.B16, V16.B16, V4.B16
	VORR V16.B16, V16.B16, V5.B16
	VORR V16.B16, V16.B16, V6.B16
	MOVD R5, R9              // column j

earlier:
	CMP    R7, R9
	BEQ    itself
	VLD1.P 48(R9), [V8.S4, V9.S4, V10.S4]
	CMGE4S(8, 0, 8)
	VADD V8.S4, V4.S4, V4.S4
	CMGE4S(9, 1, 9)
	VADD V9.S4, V5.S4, V5.S4
	CMGE4S(10, 2, 10)
	VADD V10.S4, V6.S4, V6.S4
	B      earlier

itself:
	MOVD R8, R10             // columns from i on
	ADD  $48, R9

later:
	SUBS   $1, R10
	BEQ    decide
	VLD1.P 48(R9), [V8.S4, V9.S4, V10.S4]
	CMGT4S(8, 0, 8)
	VADD V8.S4, V4.S4, V4.S4
	CMGT4S(9, 1, 9)
	VADD V9.S4, V5.S4, V5.S4
	CMGT4S(10, 2, 10)
	VADD V10.S4, V6.S4, V6.S4
	B      later

decide:
	CMGT4S(18, 4, 4)
	CMGT4S(18, 5, 5)
	CMGT4S(18, 6, 6)
	VAND V20.B16, V4.B16, V4.B16
	VAND V21.B16, V5.B16, V5.B16
	VAND V22.B16, V6.B16, V6.B16
	VORR V5.B16, V4.B16, V4.B16
	VORR V6.B16, V4.B16, V4.B16
	ADDV4S(4, 4)
	FMOVS F4, R10
	MOVW.P R10, 4(R0)
	ADD  $48, R7
	SUBS $1, R8
	BNE  column
	RET
