// What the AVX-512 products of 2:4 weights share. A file that includes it defines
// STEPS(s, next), which takes eight columns of step s, of sixteen rows, by the
// controls of a shuffle in Z10, and of the next by those in Z11; Z0 less Z1 is to be
// the sums.

// CONTROLS makes positions controls of the shuffle, v & 3 | 4 for the second two,
// in each half of a byte: of the steps 0 and 2 in Z10, 1 and 3 in Z11. A shuffle
// looks at the lower halves.
#define CONTROLS \
	VMOVDQU32  (BX), Z10; \
	VPSRLD     $2, Z10, Z11; \
	VPTERNLOGD $0xea, Z13, Z14, Z10; \
	VPTERNLOGD $0xea, Z13, Z14, Z11

// BLOCK takes a block.
#define BLOCK \
	CONTROLS; \
	VPXORD Z0, Z0, Z0; \
	VPXORD Z1, Z1, Z1; \
	STEPS(0, 1); \
	VPSRLD $4, Z10, Z10; \
	VPSRLD $4, Z11, Z11; \
	STEPS(2, 3); \
	VPSUBD Z1, Z0, Z0

// CONTROLCONSTANTS fills Z13 and Z14 for CONTROLS.
#define CONTROLCONSTANTS \
	MOVL         $0x33333333, AX; \
	VPBROADCASTD AX, Z14; \
	MOVL         $0x44440000, AX; \
	VPBROADCASTD AX, Z13
