// The body of the AVX-512 forms of Potrf: 14 rows of two vectors. A file that
// includes it defines ELEM and LOG, the bytes of an element and their binary
// logarithm; BCAST, MOV, FNMA and MUL, the instructions for its type; MOV1,
// DIV1, SQRT1 and COMI, those for one element, and ONE and INF, addresses of
// these numbers.
//
// Z0..Z27 hold X, row i in Z(2i) and Z(2i+1). Elements that are needed in every
// lane come back from memory, where each row is put as soon as it is done.

// PIVOT divides row l by the root of its diagonal, or leaves if it has none.
#define PIVOT(l, lo, hi) \
	MOV   lo, (DI); \
	MOV   hi, 64(DI); \
	MOV1  (l*ELEM)(DI), X30; /* d = x[l*ld+l] */ \
	MOVQ  $l, AX; \
	VXORPS X31, X31, X31; \
	COMI  X31, X30; /* d > 0, and not a NaN? */ \
	JLS   failed; \
	COMI  INF, X30; \
	JEQ   failed; \
	SQRT1 X30, X30, X30; \
	MOV1  ONE, X31; \
	DIV1  X30, X31, X31; /* 1 / sqrt(d) */ \
	BCAST X31, Z31; \
	MUL   Z31, lo, lo; \
	MUL   Z31, hi, hi; \
	MOV   lo, (DI); \
	MOV   hi, 64(DI); \
	MOV1  X30, (l*ELEM)(DI) // the root itself, without a second rounding

// TAKE subtracts x[l*ld+i] times row l, in xlo and xhi, from row i.
#define TAKE(i, xlo, xhi, lo, hi) \
	BCAST (i*ELEM)(DI), Z31; \
	FNMA  xlo, Z31, lo; \
	FNMA  xhi, Z31, hi

	MOVQ x+0(FP), DI
	MOVQ ld+8(FP), R9
	SHLQ $LOG, R9            // stride in bytes
	MOVQ DI, DX
	MOV  (DX), Z0             // row 0
	MOV  64(DX), Z1
	ADDQ R9, DX
	MOV  (DX), Z2             // row 1
	MOV  64(DX), Z3
	ADDQ R9, DX
	MOV  (DX), Z4             // row 2
	MOV  64(DX), Z5
	ADDQ R9, DX
	MOV  (DX), Z6             // row 3
	MOV  64(DX), Z7
	ADDQ R9, DX
	MOV  (DX), Z8             // row 4
	MOV  64(DX), Z9
	ADDQ R9, DX
	MOV  (DX), Z10             // row 5
	MOV  64(DX), Z11
	ADDQ R9, DX
	MOV  (DX), Z12             // row 6
	MOV  64(DX), Z13
	ADDQ R9, DX
	MOV  (DX), Z14             // row 7
	MOV  64(DX), Z15
	ADDQ R9, DX
	MOV  (DX), Z16             // row 8
	MOV  64(DX), Z17
	ADDQ R9, DX
	MOV  (DX), Z18             // row 9
	MOV  64(DX), Z19
	ADDQ R9, DX
	MOV  (DX), Z20             // row 10
	MOV  64(DX), Z21
	ADDQ R9, DX
	MOV  (DX), Z22             // row 11
	MOV  64(DX), Z23
	ADDQ R9, DX
	MOV  (DX), Z24             // row 12
	MOV  64(DX), Z25
	ADDQ R9, DX
	MOV  (DX), Z26             // row 13
	MOV  64(DX), Z27

	PIVOT(0, Z0, Z1)
	TAKE(1, Z0, Z1, Z2, Z3)
	TAKE(2, Z0, Z1, Z4, Z5)
	TAKE(3, Z0, Z1, Z6, Z7)
	TAKE(4, Z0, Z1, Z8, Z9)
	TAKE(5, Z0, Z1, Z10, Z11)
	TAKE(6, Z0, Z1, Z12, Z13)
	TAKE(7, Z0, Z1, Z14, Z15)
	TAKE(8, Z0, Z1, Z16, Z17)
	TAKE(9, Z0, Z1, Z18, Z19)
	TAKE(10, Z0, Z1, Z20, Z21)
	TAKE(11, Z0, Z1, Z22, Z23)
	TAKE(12, Z0, Z1, Z24, Z25)
	TAKE(13, Z0, Z1, Z26, Z27)
	ADDQ R9, DI              // next row
	PIVOT(1, Z2, Z3)
	TAKE(2, Z2, Z3, Z4, Z5)
	TAKE(3, Z2, Z3, Z6, Z7)
	TAKE(4, Z2, Z3, Z8, Z9)
	TAKE(5, Z2, Z3, Z10, Z11)
	TAKE(6, Z2, Z3, Z12, Z13)
	TAKE(7, Z2, Z3, Z14, Z15)
	TAKE(8, Z2, Z3, Z16, Z17)
	TAKE(9, Z2, Z3, Z18, Z19)
	TAKE(10, Z2, Z3, Z20, Z21)
	TAKE(11, Z2, Z3, Z22, Z23)
	TAKE(12, Z2, Z3, Z24, Z25)
	TAKE(13, Z2, Z3, Z26, Z27)
	ADDQ R9, DI              // next row
	PIVOT(2, Z4, Z5)
	TAKE(3, Z4, Z5, Z6, Z7)
	TAKE(4, Z4, Z5, Z8, Z9)
	TAKE(5, Z4, Z5, Z10, Z11)
	TAKE(6, Z4, Z5, Z12, Z13)
	TAKE(7, Z4, Z5, Z14, Z15)
	TAKE(8, Z4, Z5, Z16, Z17)
	TAKE(9, Z4, Z5, Z18, Z19)
	TAKE(10, Z4, Z5, Z20, Z21)
	TAKE(11, Z4, Z5, Z22, Z23)
	TAKE(12, Z4, Z5, Z24, Z25)
	TAKE(13, Z4, Z5, Z26, Z27)
	ADDQ R9, DI              // next row
	PIVOT(3, Z6, Z7)
	TAKE(4, Z6, Z7, Z8, Z9)
	TAKE(5, Z6, Z7, Z10, Z11)
	TAKE(6, Z6, Z7, Z12, Z13)
	TAKE(7, Z6, Z7, Z14, Z15)
	TAKE(8, Z6, Z7, Z16, Z17)
	TAKE(9, Z6, Z7, Z18, Z19)
	TAKE(10, Z6, Z7, Z20, Z21)
	TAKE(11, Z6, Z7, Z22, Z23)
	TAKE(12, Z6, Z7, Z24, Z25)
	TAKE(13, Z6, Z7, Z26, Z27)
	ADDQ R9, DI              // next row
	PIVOT(4, Z8, Z9)
	TAKE(5, Z8, Z9, Z10, Z11)
	TAKE(6, Z8, Z9, Z12, Z13)
	TAKE(7, Z8, Z9, Z14, Z15)
	TAKE(8, Z8, Z9, Z16, Z17)
	TAKE(9, Z8, Z9, Z18, Z19)
	TAKE(10, Z8, Z9, Z20, Z21)
	TAKE(11, Z8, Z9, Z22, Z23)
	TAKE(12, Z8, Z9, Z24, Z25)
	TAKE(13, Z8, Z9, Z26, Z27)
	ADDQ R9, DI              // next row
	PIVOT(5, Z10, Z11)
	TAKE(6, Z10, Z11, Z12, Z13)
	TAKE(7, Z10, Z11, Z14, Z15)
	TAKE(8, Z10, Z11, Z16, Z17)
	TAKE(9, Z10, Z11, Z18, Z19)
	TAKE(10, Z10, Z11, Z20, Z21)
	TAKE(11, Z10, Z11, Z22, Z23)
	TAKE(12, Z10, Z11, Z24, Z25)
	TAKE(13, Z10, Z11, Z26, Z27)
	ADDQ R9, DI              // next row
	PIVOT(6, Z12, Z13)
	TAKE(7, Z12, Z13, Z14, Z15)
	TAKE(8, Z12, Z13, Z16, Z17)
	TAKE(9, Z12, Z13, Z18, Z19)
	TAKE(10, Z12, Z13, Z20, Z21)
	TAKE(11, Z12, Z13, Z22, Z23)
	TAKE(12, Z12, Z13, Z24, Z25)
	TAKE(13, Z12, Z13, Z26, Z27)
	ADDQ R9, DI              // next row
	PIVOT(7, Z14, Z15)
	TAKE(8, Z14, Z15, Z16, Z17)
	TAKE(9, Z14, Z15, Z18, Z19)
	TAKE(10, Z14, Z15, Z20, Z21)
	TAKE(11, Z14, Z15, Z22, Z23)
	TAKE(12, Z14, Z15, Z24, Z25)
	TAKE(13, Z14, Z15, Z26, Z27)
	ADDQ R9, DI              // next row
	PIVOT(8, Z16, Z17)
	TAKE(9, Z16, Z17, Z18, Z19)
	TAKE(10, Z16, Z17, Z20, Z21)
	TAKE(11, Z16, Z17, Z22, Z23)
	TAKE(12, Z16, Z17, Z24, Z25)
	TAKE(13, Z16, Z17, Z26, Z27)
	ADDQ R9, DI              // next row
	PIVOT(9, Z18, Z19)
	TAKE(10, Z18, Z19, Z20, Z21)
	TAKE(11, Z18, Z19, Z22, Z23)
	TAKE(12, Z18, Z19, Z24, Z25)
	TAKE(13, Z18, Z19, Z26, Z27)
	ADDQ R9, DI              // next row
	PIVOT(10, Z20, Z21)
	TAKE(11, Z20, Z21, Z22, Z23)
	TAKE(12, Z20, Z21, Z24, Z25)
	TAKE(13, Z20, Z21, Z26, Z27)
	ADDQ R9, DI              // next row
	PIVOT(11, Z22, Z23)
	TAKE(12, Z22, Z23, Z24, Z25)
	TAKE(13, Z22, Z23, Z26, Z27)
	ADDQ R9, DI              // next row
	PIVOT(12, Z24, Z25)
	TAKE(13, Z24, Z25, Z26, Z27)
	ADDQ R9, DI              // next row
	PIVOT(13, Z26, Z27)
	MOVQ $-1, AX
failed:
	MOVQ AX, ret+16(FP)
	VZEROUPPER
	RET
