package asm

import "fmt"

// The routines of this file are attention's for a single query: x or a is
// multiplied by n rows of a matrix, stride elements apart, of which each has
// width elements that matter.

// RowDots computes dst[i] = Σ x[j]·rows[i*stride+j], for as many rows as dst has
// elements, x being width long. A row's sum does not depend on the other rows.
func RowDots(dst, x, rows []float32, stride int) {
	mustRows("RowDots", rows, stride, len(dst), len(x))
	if len(dst) > 0 && len(x) > 0 {
		rowDots(dst, x, rows, stride)
		return
	}
	clear(dst)
}

// RowSum computes dst[j] += Σ a[i]·rows[i*stride+j], for as many rows as a has
// elements, dst being width long. Terms are added one by one in ascending order:
// rows may be added in parts.
func RowSum(dst, a, rows []float32, stride int) {
	mustRows("RowSum", rows, stride, len(a), len(dst))
	if len(dst) > 0 && len(a) > 0 {
		rowSum(dst, a, rows, stride)
	}
}

func mustRows(routine string, rows []float32, stride, n, width int) {
	if stride < 0 || n > 0 && len(rows) < (n-1)*stride+width {
		panic(fmt.Sprintf("asm: %s: %d rows of %d, %d apart, in %d elements", routine, n, width, stride, len(rows)))
	}
}
