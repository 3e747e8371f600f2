// What the AVX2 products of 2:4 weights share. A file that includes it defines
// LOWER(s) and UPPER(s), which take the eight columns of step s, of sixteen rows, by
// the controls of a shuffle in Y10 and Y11.

// CONTROLS makes the positions in Y10 and Y11 controls, of one step in the lower
// halves of bytes, where a shuffle looks for them, and of the next but one in the
// upper.
#define CONTROLS \
	VPAND Y14, Y10, Y10; \
	VPAND Y14, Y11, Y11; \
	VPOR  Y13, Y10, Y10; \
	VPOR  Y13, Y11, Y11

// BLOCK takes a block.
#define BLOCK \
	VMOVDQU (BX), Y10; \
	VMOVDQU 32(BX), Y11; \
	VPXOR   Y0, Y0, Y0; \
	VPXOR   Y1, Y1, Y1; \
	CONTROLS; \
	LOWER(0); \
	VPSRLD  $4, Y10, Y10; \
	VPSRLD  $4, Y11, Y11; \
	LOWER(2); \
	VMOVDQU (BX), Y10; \
	VMOVDQU 32(BX), Y11; \
	VPSRLD  $2, Y10, Y10; \
	VPSRLD  $2, Y11, Y11; \
	CONTROLS; \
	UPPER(1); \
	VPSRLD  $4, Y10, Y10; \
	VPSRLD  $4, Y11, Y11; \
	UPPER(3)

// CONTROLCONSTANTS makes bytes of 4 in Y13 and of 3 in Y14 what CONTROLS takes. It
// changes Y0.
#define CONTROLCONSTANTS \
	VPSLLD $16, Y13, Y13; /* 0, 0, 4, 4: the second two are of columns 4..7 */ \
	VPSLLW $4, Y14, Y0; \
	VPOR   Y0, Y14, Y14; \
	VPSLLW $4, Y13, Y0; \
	VPOR   Y0, Y13, Y13
