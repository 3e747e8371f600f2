//go:build !noasm

#include "textflag.h"

// Row i of X is in V(8+3i) and the two after it. Rows are put to memory as
// soon as they are done, and the pivots come back from there.

// func potrf32NEON(x *float32, ld int) int
TEXT ·potrf32NEON(SB), NOSPLIT, $0-24
	MOVD x+0(FP), R2
	MOVD ld+8(FP), R5
	LSL  $2, R5, R5             // stride in bytes
	MOVD R2, R3
	FMOVS $(1.0), F1
	MOVW $0x7f800000, R6
	FMOVS R6, F2             // infinity
	VLD1.P (R2)(R5), [V8.S4, V9.S4, V10.S4] // row 0
	VLD1.P (R2)(R5), [V11.S4, V12.S4, V13.S4] // row 1
	VLD1.P (R2)(R5), [V14.S4, V15.S4, V16.S4] // row 2
	VLD1.P (R2)(R5), [V17.S4, V18.S4, V19.S4] // row 3
	VLD1.P (R2)(R5), [V20.S4, V21.S4, V22.S4] // row 4
	VLD1.P (R2)(R5), [V23.S4, V24.S4, V25.S4] // row 5
	VLD1.P (R2)(R5), [V26.S4, V27.S4, V28.S4] // row 6
	VLD1.P (R2)(R5), [V29.S4, V30.S4, V31.S4] // row 7

	MOVD $0, R7
	VST1 [V8.S4, V9.S4, V10.S4], (R3)
	FMOVS 0(R3), F0            // d = x[0*ld+0]
	FCMPS $(0.0), F0
	BLE  failed              // not d > 0, or a NaN
	BVS  failed
	FCMPS F2, F0
	BEQ  failed
	FSQRTS F0, F0
	FDIVS F0, F1, F3            // 1 / sqrt(d)
	WORD $0x4f839108 // FMUL V8.4S, V8.4S, V3.S[0]
	WORD $0x4f839129 // FMUL V9.4S, V9.4S, V3.S[0]
	WORD $0x4f83914a // FMUL V10.4S, V10.4S, V3.S[0]
	VST1 [V8.S4, V9.S4, V10.S4], (R3)
	FMOVS F0, 0(R3)            // the root itself, without a second rounding
	ADD  R5, R3
	WORD $0x4fa8510b // FMLS V11.4S, V8.4S, V8.S[1]
	WORD $0x4fa8512c // FMLS V12.4S, V9.4S, V8.S[1]
	WORD $0x4fa8514d // FMLS V13.4S, V10.4S, V8.S[1]
	WORD $0x4f88590e // FMLS V14.4S, V8.4S, V8.S[2]
	WORD $0x4f88592f // FMLS V15.4S, V9.4S, V8.S[2]
	WORD $0x4f885950 // FMLS V16.4S, V10.4S, V8.S[2]
	WORD $0x4fa85911 // FMLS V17.4S, V8.4S, V8.S[3]
	WORD $0x4fa85932 // FMLS V18.4S, V9.4S, V8.S[3]
	WORD $0x4fa85953 // FMLS V19.4S, V10.4S, V8.S[3]
	WORD $0x4f895114 // FMLS V20.4S, V8.4S, V9.S[0]
	WORD $0x4f895135 // FMLS V21.4S, V9.4S, V9.S[0]
	WORD $0x4f895156 // FMLS V22.4S, V10.4S, V9.S[0]
	WORD $0x4fa95117 // FMLS V23.4S, V8.4S, V9.S[1]
	WORD $0x4fa95138 // FMLS V24.4S, V9.4S, V9.S[1]
	WORD $0x4fa95159 // FMLS V25.4S, V10.4S, V9.S[1]
	WORD $0x4f89591a // FMLS V26.4S, V8.4S, V9.S[2]
	WORD $0x4f89593b // FMLS V27.4S, V9.4S, V9.S[2]
	WORD $0x4f89595c // FMLS V28.4S, V10.4S, V9.S[2]
	WORD $0x4fa9591d // FMLS V29.4S, V8.4S, V9.S[3]
	WORD $0x4fa9593e // FMLS V30.4S, V9.4S, V9.S[3]
	WORD $0x4fa9595f // FMLS V31.4S, V10.4S, V9.S[3]

	MOVD $1, R7
	VST1 [V11.S4, V12.S4, V13.S4], (R3)
	FMOVS 4(R3), F0            // d = x[1*ld+1]
	FCMPS $(0.0), F0
	BLE  failed              // not d > 0, or a NaN
	BVS  failed
	FCMPS F2, F0
	BEQ  failed
	FSQRTS F0, F0
	FDIVS F0, F1, F3            // 1 / sqrt(d)
	WORD $0x4f83916b // FMUL V11.4S, V11.4S, V3.S[0]
	WORD $0x4f83918c // FMUL V12.4S, V12.4S, V3.S[0]
	WORD $0x4f8391ad // FMUL V13.4S, V13.4S, V3.S[0]
	VST1 [V11.S4, V12.S4, V13.S4], (R3)
	FMOVS F0, 4(R3)            // the root itself, without a second rounding
	ADD  R5, R3
	WORD $0x4f8b596e // FMLS V14.4S, V11.4S, V11.S[2]
	WORD $0x4f8b598f // FMLS V15.4S, V12.4S, V11.S[2]
	WORD $0x4f8b59b0 // FMLS V16.4S, V13.4S, V11.S[2]
	WORD $0x4fab5971 // FMLS V17.4S, V11.4S, V11.S[3]
	WORD $0x4fab5992 // FMLS V18.4S, V12.4S, V11.S[3]
	WORD $0x4fab59b3 // FMLS V19.4S, V13.4S, V11.S[3]
	WORD $0x4f8c5174 // FMLS V20.4S, V11.4S, V12.S[0]
	WORD $0x4f8c5195 // FMLS V21.4S, V12.4S, V12.S[0]
	WORD $0x4f8c51b6 // FMLS V22.4S, V13.4S, V12.S[0]
	WORD $0x4fac5177 // FMLS V23.4S, V11.4S, V12.S[1]
	WORD $0x4fac5198 // FMLS V24.4S, V12.4S, V12.S[1]
	WORD $0x4fac51b9 // FMLS V25.4S, V13.4S, V12.S[1]
	WORD $0x4f8c597a // FMLS V26.4S, V11.4S, V12.S[2]
	WORD $0x4f8c599b // FMLS V27.4S, V12.4S, V12.S[2]
	WORD $0x4f8c59bc // FMLS V28.4S, V13.4S, V12.S[2]
	WORD $0x4fac597d // FMLS V29.4S, V11.4S, V12.S[3]
	WORD $0x4fac599e // FMLS V30.4S, V12.4S, V12.S[3]
	WORD $0x4fac59bf // FMLS V31.4S, V13.4S, V12.S[3]

	MOVD $2, R7
	VST1 [V14.S4, V15.S4, V16.S4], (R3)
	FMOVS 8(R3), F0            // d = x[2*ld+2]
	FCMPS $(0.0), F0
	BLE  failed              // not d > 0, or a NaN
	BVS  failed
	FCMPS F2, F0
	BEQ  failed
	FSQRTS F0, F0
	FDIVS F0, F1, F3            // 1 / sqrt(d)
	WORD $0x4f8391ce // FMUL V14.4S, V14.4S, V3.S[0]
	WORD $0x4f8391ef // FMUL V15.4S, V15.4S, V3.S[0]
	WORD $0x4f839210 // FMUL V16.4S, V16.4S, V3.S[0]
	VST1 [V14.S4, V15.S4, V16.S4], (R3)
	FMOVS F0, 8(R3)            // the root itself, without a second rounding
	ADD  R5, R3
	WORD $0x4fae59d1 // FMLS V17.4S, V14.4S, V14.S[3]
	WORD $0x4fae59f2 // FMLS V18.4S, V15.4S, V14.S[3]
	WORD $0x4fae5a13 // FMLS V19.4S, V16.4S, V14.S[3]
	WORD $0x4f8f51d4 // FMLS V20.4S, V14.4S, V15.S[0]
	WORD $0x4f8f51f5 // FMLS V21.4S, V15.4S, V15.S[0]
	WORD $0x4f8f5216 // FMLS V22.4S, V16.4S, V15.S[0]
	WORD $0x4faf51d7 // FMLS V23.4S, V14.4S, V15.S[1]
	WORD $0x4faf51f8 // FMLS V24.4S, V15.4S, V15.S[1]
	WORD $0x4faf5219 // FMLS V25.4S, V16.4S, V15.S[1]
	WORD $0x4f8f59da // FMLS V26.4S, V14.4S, V15.S[2]
	WORD $0x4f8f59fb // FMLS V27.4S, V15.4S, V15.S[2]
	WORD $0x4f8f5a1c // FMLS V28.4S, V16.4S, V15.S[2]
	WORD $0x4faf59dd // FMLS V29.4S, V14.4S, V15.S[3]
	WORD $0x4faf59fe // FMLS V30.4S, V15.4S, V15.S[3]
	WORD $0x4faf5a1f // FMLS V31.4S, V16.4S, V15.S[3]

	MOVD $3, R7
	VST1 [V17.S4, V18.S4, V19.S4], (R3)
	FMOVS 12(R3), F0            // d = x[3*ld+3]
	FCMPS $(0.0), F0
	BLE  failed              // not d > 0, or a NaN
	BVS  failed
	FCMPS F2, F0
	BEQ  failed
	FSQRTS F0, F0
	FDIVS F0, F1, F3            // 1 / sqrt(d)
	WORD $0x4f839231 // FMUL V17.4S, V17.4S, V3.S[0]
	WORD $0x4f839252 // FMUL V18.4S, V18.4S, V3.S[0]
	WORD $0x4f839273 // FMUL V19.4S, V19.4S, V3.S[0]
	VST1 [V17.S4, V18.S4, V19.S4], (R3)
	FMOVS F0, 12(R3)            // the root itself, without a second rounding
	ADD  R5, R3
	WORD $0x4f925234 // FMLS V20.4S, V17.4S, V18.S[0]
	WORD $0x4f925255 // FMLS V21.4S, V18.4S, V18.S[0]
	WORD $0x4f925276 // FMLS V22.4S, V19.4S, V18.S[0]
	WORD $0x4fb25237 // FMLS V23.4S, V17.4S, V18.S[1]
	WORD $0x4fb25258 // FMLS V24.4S, V18.4S, V18.S[1]
	WORD $0x4fb25279 // FMLS V25.4S, V19.4S, V18.S[1]
	WORD $0x4f925a3a // FMLS V26.4S, V17.4S, V18.S[2]
	WORD $0x4f925a5b // FMLS V27.4S, V18.4S, V18.S[2]
	WORD $0x4f925a7c // FMLS V28.4S, V19.4S, V18.S[2]
	WORD $0x4fb25a3d // FMLS V29.4S, V17.4S, V18.S[3]
	WORD $0x4fb25a5e // FMLS V30.4S, V18.4S, V18.S[3]
	WORD $0x4fb25a7f // FMLS V31.4S, V19.4S, V18.S[3]

	MOVD $4, R7
	VST1 [V20.S4, V21.S4, V22.S4], (R3)
	FMOVS 16(R3), F0            // d = x[4*ld+4]
	FCMPS $(0.0), F0
	BLE  failed              // not d > 0, or a NaN
	BVS  failed
	FCMPS F2, F0
	BEQ  failed
	FSQRTS F0, F0
	FDIVS F0, F1, F3            // 1 / sqrt(d)
	WORD $0x4f839294 // FMUL V20.4S, V20.4S, V3.S[0]
	WORD $0x4f8392b5 // FMUL V21.4S, V21.4S, V3.S[0]
	WORD $0x4f8392d6 // FMUL V22.4S, V22.4S, V3.S[0]
	VST1 [V20.S4, V21.S4, V22.S4], (R3)
	FMOVS F0, 16(R3)            // the root itself, without a second rounding
	ADD  R5, R3
	WORD $0x4fb55297 // FMLS V23.4S, V20.4S, V21.S[1]
	WORD $0x4fb552b8 // FMLS V24.4S, V21.4S, V21.S[1]
	WORD $0x4fb552d9 // FMLS V25.4S, V22.4S, V21.S[1]
	WORD $0x4f955a9a // FMLS V26.4S, V20.4S, V21.S[2]
	WORD $0x4f955abb // FMLS V27.4S, V21.4S, V21.S[2]
	WORD $0x4f955adc // FMLS V28.4S, V22.4S, V21.S[2]
	WORD $0x4fb55a9d // FMLS V29.4S, V20.4S, V21.S[3]
	WORD $0x4fb55abe // FMLS V30.4S, V21.4S, V21.S[3]
	WORD $0x4fb55adf // FMLS V31.4S, V22.4S, V21.S[3]

	MOVD $5, R7
	VST1 [V23.S4, V24.S4, V25.S4], (R3)
	FMOVS 20(R3), F0            // d = x[5*ld+5]
	FCMPS $(0.0), F0
	BLE  failed              // not d > 0, or a NaN
	BVS  failed
	FCMPS F2, F0
	BEQ  failed
	FSQRTS F0, F0
	FDIVS F0, F1, F3            // 1 / sqrt(d)
	WORD $0x4f8392f7 // FMUL V23.4S, V23.4S, V3.S[0]
	WORD $0x4f839318 // FMUL V24.4S, V24.4S, V3.S[0]
	WORD $0x4f839339 // FMUL V25.4S, V25.4S, V3.S[0]
	VST1 [V23.S4, V24.S4, V25.S4], (R3)
	FMOVS F0, 20(R3)            // the root itself, without a second rounding
	ADD  R5, R3
	WORD $0x4f985afa // FMLS V26.4S, V23.4S, V24.S[2]
	WORD $0x4f985b1b // FMLS V27.4S, V24.4S, V24.S[2]
	WORD $0x4f985b3c // FMLS V28.4S, V25.4S, V24.S[2]
	WORD $0x4fb85afd // FMLS V29.4S, V23.4S, V24.S[3]
	WORD $0x4fb85b1e // FMLS V30.4S, V24.4S, V24.S[3]
	WORD $0x4fb85b3f // FMLS V31.4S, V25.4S, V24.S[3]

	MOVD $6, R7
	VST1 [V26.S4, V27.S4, V28.S4], (R3)
	FMOVS 24(R3), F0            // d = x[6*ld+6]
	FCMPS $(0.0), F0
	BLE  failed              // not d > 0, or a NaN
	BVS  failed
	FCMPS F2, F0
	BEQ  failed
	FSQRTS F0, F0
	FDIVS F0, F1, F3            // 1 / sqrt(d)
	WORD $0x4f83935a // FMUL V26.4S, V26.4S, V3.S[0]
	WORD $0x4f83937b // FMUL V27.4S, V27.4S, V3.S[0]
	WORD $0x4f83939c // FMUL V28.4S, V28.4S, V3.S[0]
	VST1 [V26.S4, V27.S4, V28.S4], (R3)
	FMOVS F0, 24(R3)            // the root itself, without a second rounding
	ADD  R5, R3
	WORD $0x4fbb5b5d // FMLS V29.4S, V26.4S, V27.S[3]
	WORD $0x4fbb5b7e // FMLS V30.4S, V27.4S, V27.S[3]
	WORD $0x4fbb5b9f // FMLS V31.4S, V28.4S, V27.S[3]

	MOVD $7, R7
	VST1 [V29.S4, V30.S4, V31.S4], (R3)
	FMOVS 28(R3), F0            // d = x[7*ld+7]
	FCMPS $(0.0), F0
	BLE  failed              // not d > 0, or a NaN
	BVS  failed
	FCMPS F2, F0
	BEQ  failed
	FSQRTS F0, F0
	FDIVS F0, F1, F3            // 1 / sqrt(d)
	WORD $0x4f8393bd // FMUL V29.4S, V29.4S, V3.S[0]
	WORD $0x4f8393de // FMUL V30.4S, V30.4S, V3.S[0]
	WORD $0x4f8393ff // FMUL V31.4S, V31.4S, V3.S[0]
	VST1 [V29.S4, V30.S4, V31.S4], (R3)
	FMOVS F0, 28(R3)            // the root itself, without a second rounding
	ADD  R5, R3
	MOVD $-1, R7

failed:
	MOVD R7, ret+16(FP)
	RET
