// The body of the products of panels. A file that includes it, by that of its tier,
// defines SUMS, which sums a block's products, from the values at SI, the index at
// BX, the activations at R12 and their sum at R14; CONSTANTS, which fills the
// registers that SUMS expects; and VALUES and INDEX, the bytes of a block. That of
// the tier defines CLEARPANEL and CLEARGROUP, which clear a panel's outputs and the
// sums of a group; ADDBLOCK and ADDGROUP, which add a block's to the latter and
// these to the former; and STORE.

// AHEAD is how far ahead values are fetched: what arrives in the time of an access,
// or a little more. From 1024 to 4096 it matters little.
#define AHEAD 2048

// FETCH128, FETCH256 and FETCH512 fetch a block of as many bytes of values.
#define FETCH128 \
	PREFETCHT0 AHEAD(SI); \
	PREFETCHT0 AHEAD+64(SI)

#define FETCH256 \
	FETCH128; \
	PREFETCHT0 AHEAD+128(SI); \
	PREFETCHT0 AHEAD+192(SI)

#define FETCH512 \
	FETCH256; \
	PREFETCHT0 AHEAD+256(SI); \
	PREFETCHT0 AHEAD+320(SI); \
	PREFETCHT0 AHEAD+384(SI); \
	PREFETCHT0 AHEAD+448(SI)

	MOVQ dst+0(FP), DI
	MOVQ values+8(FP), SI
	MOVQ index+16(FP), BX
	MOVQ scales+24(FP), DX
	MOVQ q+32(FP), R8
	MOVQ xs+40(FP), R9
	MOVQ panels+56(FP), R10
	MOVQ blocks+64(FP), R11
	CONSTANTS

panel:
	CLEARPANEL
	MOVQ R8, R12
	MOVQ R9, R13
	MOVQ sums+48(FP), R14
	MOVQ R11, CX                     // blocks left

group:
	CLEARGROUP
	MOVQ    $4, AX
	CMPQ    CX, AX
	CMOVQLT CX, AX                   // blocks of the group
	SUBQ    AX, CX

block:
	SUMS
	ADDBLOCK
	ADDQ  $VALUES, SI
	ADDQ  $INDEX, BX
	ADDQ  $32, R12
	ADDQ  $4, R13
	ADDQ  $4, R14
	DECQ  AX
	JNZ   block
	ADDGROUP
	ADDQ  $32, DX
	TESTQ CX, CX
	JNZ   group
	STORE
	ADDQ  $64, DI
	DECQ  R10
	JNZ   panel
	VZEROUPPER
	RET
