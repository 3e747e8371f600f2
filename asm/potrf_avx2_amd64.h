// The body of the AVX2 forms of Potrf: 6 rows of two vectors. A file that
// includes it defines ELEM and LOG, the bytes of an element and their binary
// logarithm; BCAST, MOV, FNMA and MUL, the instructions for its type; MOV1,
// DIV1, SQRT1 and COMI, those for one element, and ONE and INF, addresses of
// these numbers.
//
// Y0..Y11 hold X, row i in Y(2i) and Y(2i+1). Elements that are needed in every
// lane come back from memory, where each row is put as soon as it is done.

// PIVOT divides row l by the root of its diagonal, or leaves if it has none.
#define PIVOT(l, lo, hi) \
	MOV   lo, (DI); \
	MOV   hi, 32(DI); \
	MOV1  (l*ELEM)(DI), X14; /* d = x[l*ld+l] */ \
	MOVQ  $l, AX; \
	VXORPS X15, X15, X15; \
	COMI  X15, X14; /* d > 0, and not a NaN? */ \
	JLS   failed; \
	COMI  INF, X14; \
	JEQ   failed; \
	SQRT1 X14, X14, X14; \
	MOV1  ONE, X15; \
	DIV1  X14, X15, X15; /* 1 / sqrt(d) */ \
	BCAST X15, Y15; \
	MUL   Y15, lo, lo; \
	MUL   Y15, hi, hi; \
	MOV   lo, (DI); \
	MOV   hi, 32(DI); \
	MOV1  X14, (l*ELEM)(DI) // the root itself, without a second rounding

// TAKE subtracts x[l*ld+i] times row l, in xlo and xhi, from row i.
#define TAKE(i, xlo, xhi, lo, hi) \
	BCAST (i*ELEM)(DI), Y15; \
	FNMA  xlo, Y15, lo; \
	FNMA  xhi, Y15, hi

	MOVQ x+0(FP), DI
	MOVQ ld+8(FP), R9
	SHLQ $LOG, R9            // stride in bytes
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

	PIVOT(0, Y0, Y1)
	TAKE(1, Y0, Y1, Y2, Y3)
	TAKE(2, Y0, Y1, Y4, Y5)
	TAKE(3, Y0, Y1, Y6, Y7)
	TAKE(4, Y0, Y1, Y8, Y9)
	TAKE(5, Y0, Y1, Y10, Y11)
	ADDQ R9, DI              // next row
	PIVOT(1, Y2, Y3)
	TAKE(2, Y2, Y3, Y4, Y5)
	TAKE(3, Y2, Y3, Y6, Y7)
	TAKE(4, Y2, Y3, Y8, Y9)
	TAKE(5, Y2, Y3, Y10, Y11)
	ADDQ R9, DI              // next row
	PIVOT(2, Y4, Y5)
	TAKE(3, Y4, Y5, Y6, Y7)
	TAKE(4, Y4, Y5, Y8, Y9)
	TAKE(5, Y4, Y5, Y10, Y11)
	ADDQ R9, DI              // next row
	PIVOT(3, Y6, Y7)
	TAKE(4, Y6, Y7, Y8, Y9)
	TAKE(5, Y6, Y7, Y10, Y11)
	ADDQ R9, DI              // next row
	PIVOT(4, Y8, Y9)
	TAKE(5, Y8, Y9, Y10, Y11)
	ADDQ R9, DI              // next row
	PIVOT(5, Y10, Y11)
	MOVQ $-1, AX
failed:
	MOVQ AX, ret+16(FP)
	VZEROUPPER
	RET
