//go:build !noasm

#include "textflag.h"
#include "neon_arm64.h"

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

// ERROR computes four errors, in register e of the name ve, and clears what is
// masked of four weights, in register w of the name vw.
#define ERROR(bits, e, ve, w, vw) \
	VLD1   (bits), [V7.S4]; \
	VCMTST V6.S4, V7.S4, V7.S4; /* ones where masked */ \
	FDIV4S(5, w, e); \
	VAND   V7.B16, ve.B16, ve.B16; /* err = w/r where masked, else 0 */ \
	VAND   V7.B16, vw.B16, V7.B16; \
	VEOR   V7.B16, vw.B16, vw.B16 // w = 0 where masked

// SOLVE fetches row j of R, whose diagonal is element i of r, and prunes
// column j, in x to z.
#define SOLVE(j, r, i, x, y, z) \
	VLD1.P  (R4)(R5), [V0.S4, V1.S4]; /* r[j*rs:][:8] */ \
	VLD1R.P 4(R6), [V6.S4]; /* mask[j] */ \
	VDUP    r.S[i], V5.S4; /* r[j*rs+j] */ \
	ERROR(R7, 2, V2, 8+3*j, x); \
	ERROR(R8, 3, V3, 9+3*j, y); \
	ERROR(R9, 4, V4, 10+3*j, z); \
	VST1.P  [V2.S4, V3.S4, V4.S4], 48(R3)

// TAKE subtracts r[j*rs+i] times the errors from column i.
#define TAKE(i) \
	FMLS4SX(0, i, 2, 8+3*i); \
	FMLS4SX(0, i, 3, 9+3*i); \
	FMLS4SX(0, i, 4, 10+3*i)

// NEXT leaves after s columns.
#define NEXT \
	SUBS $1, R0; \
	BEQ  write

// WRITE puts a column back, and leaves if it was the last of m.
#define WRITE(x, y, z) \
	VST1.P [x.S4, y.S4, z.S4], 48(R2); \
	SUBS   $1, R1; \
	BEQ    done

// func solveMasked32(s, m int, w, err, r *float32, rs int, mask *uint32)
TEXT ·solveMasked32(SB), NOSPLIT, $0-56
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

	SOLVE(0, V0, 0, V8, V9, V10)
	TAKE(1)
	TAKE(2)
	TAKE(3)
	TAKE(4)
	TAKE(5)
	TAKE(6)
	TAKE(7)
	NEXT
	SOLVE(1, V0, 1, V11, V12, V13)
	TAKE(2)
	TAKE(3)
	TAKE(4)
	TAKE(5)
	TAKE(6)
	TAKE(7)
	NEXT
	SOLVE(2, V0, 2, V14, V15, V16)
	TAKE(3)
	TAKE(4)
	TAKE(5)
	TAKE(6)
	TAKE(7)
	NEXT
	SOLVE(3, V0, 3, V17, V18, V19)
	TAKE(4)
	TAKE(5)
	TAKE(6)
	TAKE(7)
	NEXT
	SOLVE(4, V1, 0, V20, V21, V22)
	TAKE(5)
	TAKE(6)
	TAKE(7)
	NEXT
	SOLVE(5, V1, 1, V23, V24, V25)
	TAKE(6)
	TAKE(7)
	NEXT
	SOLVE(6, V1, 2, V26, V27, V28)
	TAKE(7)
	NEXT
	SOLVE(7, V1, 3, V29, V30, V31)

write:
	WRITE(V8, V9, V10)
	WRITE(V11, V12, V13)
	WRITE(V14, V15, V16)
	WRITE(V17, V18, V19)
	WRITE(V20, V21, V22)
	WRITE(V23, V24, V25)
	WRITE(V26, V27, V28)
	VST1.P [V29.S4, V30.S4, V31.S4], 48(R2)

done:
	RET
