// The body of the AVX2 tiles of Gemm: 6 rows of two vectors, the shape of BLIS.
// A file that includes it defines, for its element type: ELEM, the bytes of an
// element, and LOG, their binary logarithm; LANES, the elements of a vector;
// BCAST, MOV, MASKMOV, FMA, MUL, COMI, the instructions, and MASKS, a table of
// LANES·2 elements of ones and as many of zeros.
//
// Y0..Y11 hold the sums, row i of the tile in Y(2i) and Y(2i+1); Y12 and Y13
// hold a row of B, Y14 and Y15 elements of A in every lane.

// ROW adds a[i]·b to row i of the tile.
#define ROW(i, t, lo, hi) \
	BCAST (i*ELEM)(SI), t; /* t = a[p*as+i] */ \
	FMA   Y12, t, lo; /* s[i][:LANES] += t * b[p*bs:] */ \
	FMA   Y13, t, hi // s[i][LANES:] += t * b[p*bs+LANES:]

// STEP adds the product of one column of A and one row of B to the tile.
#define STEP \
	MOV  (DI), Y12; /* b[p*bs:][:LANES] */ \
	MOV  32(DI), Y13; /* b[p*bs+LANES:][:LANES] */ \
	ADDQ R9, DI; /* next row of B */ \
	ROW(0, Y14, Y0, Y1); \
	ROW(1, Y15, Y2, Y3); \
	ROW(2, Y14, Y4, Y5); \
	ROW(3, Y15, Y6, Y7); \
	ROW(4, Y14, Y8, Y9); \
	ROW(5, Y15, Y10, Y11); \
	ADDQ R8, SI // next column of A

// SCALE multiplies a row of sums by alpha.
#define SCALE(lo, hi) \
	MUL Y12, lo, lo; \
	MUL Y12, hi, hi

// NEXT goes to the next row of C and leaves after the last.
#define NEXT \
	ADDQ R10, DX; \
	DECQ R11; \
	JZ   done

// PUT writes a full row of the tile without reading C.
#define PUT(lo, hi) \
	MOV lo, (DX); \
	MOV hi, 32(DX); \
	NEXT

// UPDATE writes a full row of the tile with beta times what C holds.
#define UPDATE(lo, hi) \
	MOV (DX), Y12; \
	FMA Y12, Y13, lo; /* alpha*s + beta*c */ \
	MOV 32(DX), Y12; \
	FMA Y12, Y13, hi; \
	MOV lo, (DX); \
	MOV hi, 32(DX); \
	NEXT

// PUTPART and UPDATEPART do the same to the columns below n.
#define PUTPART(lo, hi) \
	MASKMOV lo, Y14, (DX); \
	MASKMOV hi, Y15, 32(DX); \
	NEXT

#define UPDATEPART(lo, hi) \
	MASKMOV (DX), Y14, Y12; \
	FMA     Y12, Y13, lo; /* alpha*s + beta*c */ \
	MASKMOV 32(DX), Y15, Y12; \
	FMA     Y12, Y13, hi; \
	MASKMOV lo, Y14, (DX); \
	MASKMOV hi, Y15, 32(DX); \
	NEXT

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

	// The sums start at zero.
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	VXORPS Y4, Y4, Y4
	VXORPS Y5, Y5, Y5
	VXORPS Y6, Y6, Y6
	VXORPS Y7, Y7, Y7
	VXORPS Y8, Y8, Y8
	VXORPS Y9, Y9, Y9
	VXORPS Y10, Y10, Y10
	VXORPS Y11, Y11, Y11

	MOVQ R11, R13
fetch:                       // C is needed when the sums are done
	PREFETCHT0 (DX)
	PREFETCHT0 63(DX)
	ADDQ R10, DX
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
	BCAST  alpha+8(FP), Y12
	SCALE(Y0, Y1)
	SCALE(Y2, Y3)
	SCALE(Y4, Y5)
	SCALE(Y6, Y7)
	SCALE(Y8, Y9)
	SCALE(Y10, Y11)
	BCAST  beta+48(FP), Y13
	VXORPS X12, X12, X12
	CMPQ   R12, $(2*LANES)
	JLT    part
	COMI   X12, X13          // beta == 0: C is not read
	JNE    update
	JPS    update            // a NaN is not zero
	PUT(Y0, Y1)
	PUT(Y2, Y3)
	PUT(Y4, Y5)
	PUT(Y6, Y7)
	PUT(Y8, Y9)
	PUT(Y10, Y11)
update:
	UPDATE(Y0, Y1)
	UPDATE(Y2, Y3)
	UPDATE(Y4, Y5)
	UPDATE(Y6, Y7)
	UPDATE(Y8, Y9)
	UPDATE(Y10, Y11)
part:
	// The masks of the columns below n are a window of the table.
	LEAQ MASKS<>+(2*LANES*ELEM)(SB), AX
	SHLQ $LOG, R12
	SUBQ R12, AX
	MOV  (AX), Y14           // columns 0..LANES
	MOV  32(AX), Y15         // columns LANES..2·LANES
	COMI X12, X13
	JNE  updatepart
	JPS  updatepart
	PUTPART(Y0, Y1)
	PUTPART(Y2, Y3)
	PUTPART(Y4, Y5)
	PUTPART(Y6, Y7)
	PUTPART(Y8, Y9)
	PUTPART(Y10, Y11)
updatepart:
	UPDATEPART(Y0, Y1)
	UPDATEPART(Y2, Y3)
	UPDATEPART(Y4, Y5)
	UPDATEPART(Y6, Y7)
	UPDATEPART(Y8, Y9)
	UPDATEPART(Y10, Y11)
done:
	VZEROUPPER
	RET
