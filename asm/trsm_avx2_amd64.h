// The body of the AVX2 forms of Trsm: 6 rows of two vectors. A file that
// includes it defines ELEM and LOG, the bytes of an element and their binary
// logarithm; BCAST, MOV, FNMA and MUL, the instructions for its type.
//
// Y0..Y11 hold X, row i in Y(2i) and Y(2i+1).

// SOLVE divides row l of X by the diagonal.
#define SOLVE(l, lo, hi) \
	BCAST (l*ELEM)(SI), Y14; /* 1 / T[l][l] */ \
	MUL   Y14, lo, lo; \
	MUL   Y14, hi, hi

// TAKE subtracts T[i][l] times row l, in xlo and xhi, from row i.
#define TAKE(i, xlo, xhi, lo, hi) \
	BCAST (i*ELEM)(SI), Y15; /* t[l*ts+i] */ \
	FNMA  xlo, Y15, lo; \
	FNMA  xhi, Y15, hi

	MOVQ t+0(FP), SI
	MOVQ ts+8(FP), R8
	MOVQ x+16(FP), DI
	MOVQ ld+24(FP), R9
	SHLQ $LOG, R8            // strides in bytes
	SHLQ $LOG, R9
	MOVQ DI, DX
	MOV  (DX), Y0             // row 0
	MOV  32(DX), Y1
	ADDQ R9, DX
	MOV  (DX), Y2             // row 1
	MOV  32(DX), Y3
	ADDQ R9, DX
	MOV  (DX), Y4             // row 2
	MOV  32(DX), Y5
	ADDQ R9, DX
	MOV  (DX), Y6             // row 3
	MOV  32(DX), Y7
	ADDQ R9, DX
	MOV  (DX), Y8             // row 4
	MOV  32(DX), Y9
	ADDQ R9, DX
	MOV  (DX), Y10             // row 5
	MOV  32(DX), Y11

	SOLVE(0, Y0, Y1)
	TAKE(1, Y0, Y1, Y2, Y3)
	TAKE(2, Y0, Y1, Y4, Y5)
	TAKE(3, Y0, Y1, Y6, Y7)
	TAKE(4, Y0, Y1, Y8, Y9)
	TAKE(5, Y0, Y1, Y10, Y11)
	ADDQ R8, SI              // next column of T
	SOLVE(1, Y2, Y3)
	TAKE(2, Y2, Y3, Y4, Y5)
	TAKE(3, Y2, Y3, Y6, Y7)
	TAKE(4, Y2, Y3, Y8, Y9)
	TAKE(5, Y2, Y3, Y10, Y11)
	ADDQ R8, SI              // next column of T
	SOLVE(2, Y4, Y5)
	TAKE(3, Y4, Y5, Y6, Y7)
	TAKE(4, Y4, Y5, Y8, Y9)
	TAKE(5, Y4, Y5, Y10, Y11)
	ADDQ R8, SI              // next column of T
	SOLVE(3, Y6, Y7)
	TAKE(4, Y6, Y7, Y8, Y9)
	TAKE(5, Y6, Y7, Y10, Y11)
	ADDQ R8, SI              // next column of T
	SOLVE(4, Y8, Y9)
	TAKE(5, Y8, Y9, Y10, Y11)
	ADDQ R8, SI              // next column of T
	SOLVE(5, Y10, Y11)

	MOV  Y0, (DI)             // row 0
	MOV  Y1, 32(DI)
	ADDQ R9, DI
	MOV  Y2, (DI)             // row 1
	MOV  Y3, 32(DI)
	ADDQ R9, DI
	MOV  Y4, (DI)             // row 2
	MOV  Y5, 32(DI)
	ADDQ R9, DI
	MOV  Y6, (DI)             // row 3
	MOV  Y7, 32(DI)
	ADDQ R9, DI
	MOV  Y8, (DI)             // row 4
	MOV  Y9, 32(DI)
	ADDQ R9, DI
	MOV  Y10, (DI)             // row 5
	MOV  Y11, 32(DI)
	VZEROUPPER
	RET
