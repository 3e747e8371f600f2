package asm

import "fmt"

// MaskColumns is what the rows of a mask are rounded up to, in bits.
const MaskColumns = 64

// ReadAhead is how many bytes past the last kept value kernels may read.
const ReadAhead = 64

// The routines of this file multiply the rows of a sparse matrix by one vector.
// mask has a bit per column, least significant first, in whole words of
// MaskColumns columns; bits past the columns are 0. values has the kept
// weights, row after row, and ReadAhead bytes that count for nothing. That there
// are as many as bits is not looked at, which would take as long as the product:
// who reads the mask from a file counts once.

// GemvMaskQ8 multiplies rows, at most PanelRows, whose weights are of 8 bits
// (-127..127). Lane j of two times eight has four columns of every other block:
//
//	for each group g of a row:
//		for each block b of g, in order, and j in 0..7:
//			t[b%2*8+j] += float32(Σ w·x.Q of the block's columns 4j..4j+3) * x.Scale[b]
//		s[l] += t[l] * scale[g]; t[l] = 0, for each lane
//	dst = s, added up by halves
//
// with multiplications fused to additions, in any tier.
// scales are those of a panel: [group][PanelRows] float16.
func GemvMaskQ8(dst []float32, mask, values []byte, scales []uint16, x *Activations) {
	groups := len(x.Q) / Group
	words := mustMask("GemvMaskQ8", len(dst), mask, values)
	if len(dst) == 0 || words == 0 {
		clear(dst)
		return
	}
	if len(dst) > PanelRows || words > len(x.Q)/MaskColumns || len(x.Scale)*Block < len(x.Q) || len(scales) < groups*PanelRows {
		panic(fmt.Sprintf("asm: GemvMaskQ8: %d rows of %d columns, %d scales, %d activations", len(dst), words*MaskColumns, len(scales), len(x.Q)))
	}
	gemvMaskQ8(dst, mask, values, scales, x, words)
}

// GemvMaskF16 multiplies rows whose kept weights are float16; x has a number
// for each bit of a row's mask.
func GemvMaskF16(dst []float32, mask, values []byte, x []float32) {
	if words := mustMask("GemvMaskF16", len(dst), mask, values); mustCover("GemvMaskF16", dst, words, x) {
		gemvMaskF16(dst, mask, values, x, words)
	}
}

// GemvMaskBF16 is GemvMaskF16 for bfloat16.
func GemvMaskBF16(dst []float32, mask, values []byte, x []float32) {
	if words := mustMask("GemvMaskBF16", len(dst), mask, values); mustCover("GemvMaskBF16", dst, words, x) {
		gemvMaskBF16(dst, mask, values, x, words)
	}
}

// GemvMaskF32 is GemvMaskF16 for float32.
func GemvMaskF32(dst []float32, mask, values []byte, x []float32) {
	if words := mustMask("GemvMaskF32", len(dst), mask, values); mustCover("GemvMaskF32", dst, words, x) {
		gemvMaskF32(dst, mask, values, x, words)
	}
}

// mustMask returns the words of a row's mask.
func mustMask(routine string, rows int, mask, values []byte) (words int) {
	if rows == 0 {
		return 0
	}
	words = len(mask) / rows / 8
	if len(mask) != words*rows*8 || len(values) < ReadAhead {
		panic(fmt.Sprintf("asm: %s: %d bytes of mask and %d of values for %d rows", routine, len(mask), len(values), rows))
	}
	return words
}

func mustCover(routine string, dst []float32, words int, x []float32) bool {
	if len(x) < words*MaskColumns {
		panic(fmt.Sprintf("asm: %s: %d columns, %d activations", routine, words*MaskColumns, len(x)))
	}
	if len(dst) == 0 || words == 0 {
		clear(dst)
		return false
	}
	return true
}
