//go:build !noasm

#include "textflag.h"

// Row i of X is in V(8+4i) and the three after it. Rows are put to memory as
// soon as they are done, and the pivots come back from there.

// func potrf64NEON(x *float64, ld int) int
TEXT ·potrf64NEON(SB), NOSPLIT, $0-24
	MOVD x+0(FP), R2
	MOVD ld+8(FP), R5
	LSL  $3, R5, R5             // stride in bytes
	MOVD R2, R3
	FMOVD $(1.0), F1
	MOVD $0x7ff0000000000000, R6
	FMOVD R6, F2             // infinity
	VLD1.P (R2)(R5), [V8.D2, V9.D2, V10.D2, V11.D2] // row 0
	VLD1.P (R2)(R5), [V12.D2, V13.D2, V14.D2, V15.D2] // row 1
	VLD1.P (R2)(R5), [V16.D2, V17.D2, V18.D2, V19.D2] // row 2
	VLD1.P (R2)(R5), [V20.D2, V21.D2, V22.D2, V23.D2] // row 3
	VLD1.P (R2)(R5), [V24.D2, V25.D2, V26.D2, V27.D2] // row 4
	VLD1.P (R2)(R5), [V28.D2, V29.D2, V30.D2, V31.D2] // row 5

	MOVD $0, R7
	VST1 [V8.D2, V9.D2, V10.D2, V11.D2], (R3)
	FMOVD 0(R3), F0            // d = x[0*ld+0]
	FCMPD $(0.0), F0
	BLE  failed              // not d > 0, or a NaN
	BVS  failed
	FCMPD F2, F0
	BEQ  failed
	FSQRTD F0, F0
	FDIVD F0, F1, F3            // 1 / sqrt(d)
	WORD $0x4fc39108 // FMUL V8.2D, V8.2D, V3.D[0]
	WORD $0x4fc39129 // FMUL V9.2D, V9.2D, V3.D[0]
	WORD $0x4fc3914a // FMUL V10.2D, V10.2D, V3.D[0]
	WORD $0x4fc3916b // FMUL V11.2D, V11.2D, V3.D[0]
	VST1 [V8.D2, V9.D2, V10.D2, V11.D2], (R3)
	FMOVD F0, 0(R3)            // the root itself, without a second rounding
	ADD  R5, R3
	WORD $0x4fc8590c // FMLS V12.2D, V8.2D, V8.D[1]
	WORD $0x4fc8592d // FMLS V13.2D, V9.2D, V8.D[1]
	WORD $0x4fc8594e // FMLS V14.2D, V10.2D, V8.D[1]
	WORD $0x4fc8596f // FMLS V15.2D, V11.2D, V8.D[1]
	WORD $0x4fc95110 // FMLS V16.2D, V8.2D, V9.D[0]
	WORD $0x4fc95131 // FMLS V17.2D, V9.2D, V9.D[0]
	WORD $0x4fc95152 // FMLS V18.2D, V10.2D, V9.D[0]
	WORD $0x4fc95173 // FMLS V19.2D, V11.2D, V9.D[0]
	WORD $0x4fc95914 // FMLS V20.2D, V8.2D, V9.D[1]
	WORD $0x4fc95935 // FMLS V21.2D, V9.2D, V9.D[1]
	WORD $0x4fc95956 // FMLS V22.2D, V10.2D, V9.D[1]
	WORD $0x4fc95977 // FMLS V23.2D, V11.2D, V9.D[1]
	WORD $0x4fca5118 // FMLS V24.2D, V8.2D, V10.D[0]
	WORD $0x4fca5139 // FMLS V25.2D, V9.2D, V10.D[0]
	WORD $0x4fca515a // FMLS V26.2D, V10.2D, V10.D[0]
	WORD $0x4fca517b // FMLS V27.2D, V11.2D, V10.D[0]
	WORD $0x4fca591c // FMLS V28.2D, V8.2D, V10.D[1]
	WORD $0x4fca593d // FMLS V29.2D, V9.2D, V10.D[1]
	WORD $0x4fca595e // FMLS V30.2D, V10.2D, V10.D[1]
	WORD $0x4fca597f // FMLS V31.2D, V11.2D, V10.D[1]

	MOVD $1, R7
	VST1 [V12.D2, V13.D2, V14.D2, V15.D2], (R3)
	FMOVD 8(R3), F0            // d = x[1*ld+1]
	FCMPD $(0.0), F0
	BLE  failed              // not d > 0, or a NaN
	BVS  failed
	FCMPD F2, F0
	BEQ  failed
	FSQRTD F0, F0
	FDIVD F0, F1, F3            // 1 / sqrt(d)
	WORD $0x4fc3918c // FMUL V12.2D, V12.2D, V3.D[0]
	WORD $0x4fc391ad // FMUL V13.2D, V13.2D, V3.D[0]
	WORD $0x4fc391ce // FMUL V14.2D, V14.2D, V3.D[0]
	WORD $0x4fc391ef // FMUL V15.2D, V15.2D, V3.D[0]
	VST1 [V12.D2, V13.D2, V14.D2, V15.D2], (R3)
	FMOVD F0, 8(R3)            // the root itself, without a second rounding
	ADD  R5, R3
	WORD $0x4fcd5190 // FMLS V16.2D, V12.2D, V13.D[0]
	WORD $0x4fcd51b1 // FMLS V17.2D, V13.2D, V13.D[0]
	WORD $0x4fcd51d2 // FMLS V18.2D, V14.2D, V13.D[0]
	WORD $0x4fcd51f3 // FMLS V19.2D, V15.2D, V13.D[0]
	WORD $0x4fcd5994 // FMLS V20.2D, V12.2D, V13.D[1]
	WORD $0x4fcd59b5 // FMLS V21.2D, V13.2D, V13.D[1]
	WORD $0x4fcd59d6 // FMLS V22.2D, V14.2D, V13.D[1]
	WORD $0x4fcd59f7 // FMLS V23.2D, V15.2D, V13.D[1]
	WORD $0x4fce5198 // FMLS V24.2D, V12.2D, V14.D[0]
	WORD $0x4fce51b9 // FMLS V25.2D, V13.2D, V14.D[0]
	WORD $0x4fce51da // FMLS V26.2D, V14.2D, V14.D[0]
	WORD $0x4fce51fb // FMLS V27.2D, V15.2D, V14.D[0]
	WORD $0x4fce599c // FMLS V28.2D, V12.2D, V14.D[1]
	WORD $0x4fce59bd // FMLS V29.2D, V13.2D, V14.D[1]
	WORD $0x4fce59de // FMLS V30.2D, V14.2D, V14.D[1]
	WORD $0x4fce59ff // FMLS V31.2D, V15.2D, V14.D[1]

	MOVD $2, R7
	VST1 [V16.D2, V17.D2, V18.D2, V19.D2], (R3)
	FMOVD 16(R3), F0            // d = x[2*ld+2]
	FCMPD $(0.0), F0
	BLE  failed              // not d > 0, or a NaN
	BVS  failed
	FCMPD F2, F0
	BEQ  failed
	FSQRTD F0, F0
	FDIVD F0, F1, F3            // 1 / sqrt(d)
	WORD $0x4fc39210 // FMUL V16.2D, V16.2D, V3.D[0]
	WORD $0x4fc39231 // FMUL V17.2D, V17.2D, V3.D[0]
	WORD $0x4fc39252 // FMUL V18.2D, V18.2D, V3.D[0]
	WORD $0x4fc39273 // FMUL V19.2D, V19.2D, V3.D[0]
	VST1 [V16.D2, V17.D2, V18.D2, V19.D2], (R3)
	FMOVD F0, 16(R3)            // the root itself, without a second rounding
	ADD  R5, R3
	WORD $0x4fd15a14 // FMLS V20.2D, V16.2D, V17.D[1]
	WORD $0x4fd15a35 // FMLS V21.2D, V17.2D, V17.D[1]
	WORD $0x4fd15a56 // FMLS V22.2D, V18.2D, V17.D[1]
	WORD $0x4fd15a77 // FMLS V23.2D, V19.2D, V17.D[1]
	WORD $0x4fd25218 // FMLS V24.2D, V16.2D, V18.D[0]
	WORD $0x4fd25239 // FMLS V25.2D, V17.2D, V18.D[0]
	WORD $0x4fd2525a // FMLS V26.2D, V18.2D, V18.D[0]
	WORD $0x4fd2527b // FMLS V27.2D, V19.2D, V18.D[0]
	WORD $0x4fd25a1c // FMLS V28.2D, V16.2D, V18.D[1]
	WORD $0x4fd25a3d // FMLS V29.2D, V17.2D, V18.D[1]
	WORD $0x4fd25a5e // FMLS V30.2D, V18.2D, V18.D[1]
	WORD $0x4fd25a7f // FMLS V31.2D, V19.2D, V18.D[1]

	MOVD $3, R7
	VST1 [V20.D2, V21.D2, V22.D2, V23.D2], (R3)
	FMOVD 24(R3), F0            // d = x[3*ld+3]
	FCMPD $(0.0), F0
	BLE  failed              // not d > 0, or a NaN
	BVS  failed
	FCMPD F2, F0
	BEQ  failed
	FSQRTD F0, F0
	FDIVD F0, F1, F3            // 1 / sqrt(d)
	WORD $0x4fc39294 // FMUL V20.2D, V20.2D, V3.D[0]
	WORD $0x4fc392b5 // FMUL V21.2D, V21.2D, V3.D[0]
	WORD $0x4fc392d6 // FMUL V22.2D, V22.2D, V3.D[0]
	WORD $0x4fc392f7 // FMUL V23.2D, V23.2D, V3.D[0]
	VST1 [V20.D2, V21.D2, V22.D2, V23.D2], (R3)
	FMOVD F0, 24(R3)            // the root itself, without a second rounding
	ADD  R5, R3
	WORD $0x4fd65298 // FMLS V24.2D, V20.2D, V22.D[0]
	WORD $0x4fd652b9 // FMLS V25.2D, V21.2D, V22.D[0]
	WORD $0x4fd652da // FMLS V26.2D, V22.2D, V22.D[0]
	WORD $0x4fd652fb // FMLS V27.2D, V23.2D, V22.D[0]
	WORD $0x4fd65a9c // FMLS V28.2D, V20.2D, V22.D[1]
	WORD $0x4fd65abd // FMLS V29.2D, V21.2D, V22.D[1]
	WORD $0x4fd65ade // FMLS V30.2D, V22.2D, V22.D[1]
	WORD $0x4fd65aff // FMLS V31.2D, V23.2D, V22.D[1]

	MOVD $4, R7
	VST1 [V24.D2, V25.D2, V26.D2, V27.D2], (R3)
	FMOVD 32(R3), F0            // d = x[4*ld+4]
	FCMPD $(0.0), F0
	BLE  failed              // not d > 0, or a NaN
	BVS  failed
	FCMPD F2, F0
	BEQ  failed
	FSQRTD F0, F0
	FDIVD F0, F1, F3            // 1 / sqrt(d)
	WORD $0x4fc39318 // FMUL V24.2D, V24.2D, V3.D[0]
	WORD $0x4fc39339 // FMUL V25.2D, V25.2D, V3.D[0]
	WORD $0x4fc3935a // FMUL V26.2D, V26.2D, V3.D[0]
	WORD $0x4fc3937b // FMUL V27.2D, V27.2D, V3.D[0]
	VST1 [V24.D2, V25.D2, V26.D2, V27.D2], (R3)
	FMOVD F0, 32(R3)            // the root itself, without a second rounding
	ADD  R5, R3
	WORD $0x4fda5b1c // FMLS V28.2D, V24.2D, V26.D[1]
	WORD $0x4fda5b3d // FMLS V29.2D, V25.2D, V26.D[1]
	WORD $0x4fda5b5e // FMLS V30.2D, V26.2D, V26.D[1]
	WORD $0x4fda5b7f // FMLS V31.2D, V27.2D, V26.D[1]

	MOVD $5, R7
	VST1 [V28.D2, V29.D2, V30.D2, V31.D2], (R3)
	FMOVD 40(R3), F0            // d = x[5*ld+5]
	FCMPD $(0.0), F0
	BLE  failed              // not d > 0, or a NaN
	BVS  failed
	FCMPD F2, F0
	BEQ  failed
	FSQRTD F0, F0
	FDIVD F0, F1, F3            // 1 / sqrt(d)
	WORD $0x4fc3939c // FMUL V28.2D, V28.2D, V3.D[0]
	WORD $0x4fc393bd // FMUL V29.2D, V29.2D, V3.D[0]
	WORD $0x4fc393de // FMUL V30.2D, V30.2D, V3.D[0]
	WORD $0x4fc393ff // FMUL V31.2D, V31.2D, V3.D[0]
	VST1 [V28.D2, V29.D2, V30.D2, V31.D2], (R3)
	FMOVD F0, 40(R3)            // the root itself, without a second rounding
	ADD  R5, R3
	MOVD $-1, R7

failed:
	MOVD R7, ret+16(FP)
	RET
