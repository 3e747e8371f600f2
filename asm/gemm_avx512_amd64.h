// The body of the AVX-512 tiles of Gemm: mr = 14 rows of two vectors. A file
// that includes it defines, for its element type: ELEM, the bytes of an
// element, and LOG, their binary logarithm; LANES, the elements of a vector;
// BCAST, MOV, FMA, MUL, COMI, the instructions.
//
// Z0..Z27 hold the sums, row i of the tile in Z(2i) and Z(2i+1); Z28 and Z29 hold
// a row of B, Z30 and Z31 elements of A in every lane.

// ROW adds a[i]·b to row i of the tile.
#define ROW(i, t, lo, hi) \
	BCAST (i*ELEM)(SI), t; /* t = a[p*as+i] */ \
	FMA   Z28, t, lo; /* s[i][:LANES] += t * b[p*bs:] */ \
	FMA   Z29, t, hi // s[i][LANES:] += t * b[p*bs+LANES:]

// STEP adds the product of one column of A and one row of B to the tile.
#define STEP \
	MOV  (DI), Z28; /* b[p*bs:][:LANES] */ \
	MOV  64(DI), Z29; /* b[p*bs+LANES:][:LANES] */ \
	ADDQ R9, DI; /* next row of B */ \
	ROW(0, Z30, Z0, Z1); \
	ROW(1, Z31, Z2, Z3); \
	ROW(2, Z30, Z4, Z5); \
	ROW(3, Z31, Z6, Z7); \
	ROW(4, Z30, Z8, Z9); \
	ROW(5, Z31, Z10, Z11); \
	ROW(6, Z30, Z12, Z13); \
	ROW(7, Z31, Z14, Z15); \
	ROW(8, Z30, Z16, Z17); \
	ROW(9, Z31, Z18, Z19); \
	ROW(10, Z30, Z20, Z21); \
	ROW(11, Z31, Z22, Z23); \
	ROW(12, Z30, Z24, Z25); \
	ROW(13, Z31, Z26, Z27); \
	ADDQ R8, SI // next column of A

// FETCH prefetches row i of C, which is needed when the sums are done.
#define FETCH \
	PREFETCHT0 (DX); \
	PREFETCHT0 64(DX); \
	ADDQ       R10, DX

// PUT writes a row of the tile without reading C and leaves after the last.
#define PUT(lo, hi) \
	MUL  Z30, lo, lo; /* alpha * s */ \
	MUL  Z30, hi, hi; \
	MOV  lo, K1, (DX); /* c[i*ldc+j], j < min(n, LANES) */ \
	MOV  hi, K2, 64(DX); /* c[i*ldc+j], LANES <= j < n */ \
	ADDQ R10, DX; /* next row of C */ \
	DECQ R11; /* rows left */ \
	JZ   done

// UPDATE writes a row of the tile with beta times what C holds.
#define UPDATE(lo, hi) \
	MUL  Z30, lo, lo; /* alpha * s */ \
	MUL  Z30, hi, hi; \
	MOV.Z (DX), K1, Z28; /* c[i*ldc+j], j < min(n, LANES) */ \
	MOV.Z 64(DX), K2, Z29; /* c[i*ldc+j], LANES <= j < n */ \
	FMA  Z28, Z31, lo; /* alpha*s + beta*c */ \
	FMA  Z29, Z31, hi; \
	MOV  lo, K1, (DX); \
	MOV  hi, K2, 64(DX); \
	ADDQ R10, DX; /* next row of C */ \
	DECQ R11; /* rows left */ \
	JZ   done

	MOVQ k+0(FP), CX
	MOVQ a+16(FP), SI
	MOVQ as+24(FP), R8
	MOVQ b+32(FP), DI
	MOVQ bs+40(FP), R9
	MOVQ c+56(FP), DX
	MOVQ ldc+64(FP), R10
	MOVQ m+72(FP), R11
	MOVQ n+80(FP), R12
	SHLQ $LOG, R8            // strides in bytes
	SHLQ $LOG, R9
	SHLQ $LOG, R10

	// Masks of the columns below n.
	MOVQ  $-1, AX
	BZHIQ R12, AX, AX        // the n lowest bits
	KMOVW AX, K1             // columns 0..LANES
	SHRQ  $LANES, AX
	KMOVW AX, K2             // columns LANES..2·LANES

	// The sums start at zero.
	VPXORQ Z0, Z0, Z0
	VPXORQ Z1, Z1, Z1
	VPXORQ Z2, Z2, Z2
	VPXORQ Z3, Z3, Z3
	VPXORQ Z4, Z4, Z4
	VPXORQ Z5, Z5, Z5
	VPXORQ Z6, Z6, Z6
	VPXORQ Z7, Z7, Z7
	VPXORQ Z8, Z8, Z8
	VPXORQ Z9, Z9, Z9
	VPXORQ Z10, Z10, Z10
	VPXORQ Z11, Z11, Z11
	VPXORQ Z12, Z12, Z12
	VPXORQ Z13, Z13, Z13
	VPXORQ Z14, Z14, Z14
	VPXORQ Z15, Z15, Z15
	VPXORQ Z16, Z16, Z16
	VPXORQ Z17, Z17, Z17
	VPXORQ Z18, Z18, Z18
	VPXORQ Z19, Z19, Z19
	VPXORQ Z20, Z20, Z20
	VPXORQ Z21, Z21, Z21
	VPXORQ Z22, Z22, Z22
	VPXORQ Z23, Z23, Z23
	VPXORQ Z24, Z24, Z24
	VPXORQ Z25, Z25, Z25
	VPXORQ Z26, Z26, Z26
	VPXORQ Z27, Z27, Z27

	MOVQ R11, R13
fetch:
	FETCH
	DECQ R13
	JNZ  fetch
	MOVQ c+56(FP), DX

	MOVQ CX, BX
	SHRQ $2, BX              // four steps a turn
	JZ   rest
loop:
	STEP
	STEP
	STEP
	STEP
	DECQ BX
	JNZ  loop
rest:
	ANDQ $3, CX
	JZ   write
one:
	STEP
	DECQ CX
	JNZ  one

write:
	BCAST  alpha+8(FP), Z30
	BCAST  beta+48(FP), Z31
	VPXORQ X28, X28, X28
	COMI   X28, X31          // beta == 0: C is not read
	JNE    update
	JPS    update            // a NaN is not zero
	PUT(Z0, Z1)
	PUT(Z2, Z3)
	PUT(Z4, Z5)
	PUT(Z6, Z7)
	PUT(Z8, Z9)
	PUT(Z10, Z11)
	PUT(Z12, Z13)
	PUT(Z14, Z15)
	PUT(Z16, Z17)
	PUT(Z18, Z19)
	PUT(Z20, Z21)
	PUT(Z22, Z23)
	PUT(Z24, Z25)
	PUT(Z26, Z27)
update:
	UPDATE(Z0, Z1)
	UPDATE(Z2, Z3)
	UPDATE(Z4, Z5)
	UPDATE(Z6, Z7)
	UPDATE(Z8, Z9)
	UPDATE(Z10, Z11)
	UPDATE(Z12, Z13)
	UPDATE(Z14, Z15)
	UPDATE(Z16, Z17)
	UPDATE(Z18, Z19)
	UPDATE(Z20, Z21)
	UPDATE(Z22, Z23)
	UPDATE(Z24, Z25)
	UPDATE(Z26, Z27)
done:
	VZEROUPPER
	RET
