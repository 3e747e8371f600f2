package prune

import "sparsellm/linalg"

// zeroWhere zeroes w where m, of the same shape, is zero.
func zeroWhere[T linalg.Float](w, m linalg.Matrix[T]) {
	for i := range w.Rows {
		row := w.Row(i)
		for j, v := range m.Row(i) {
			if v == 0 {
				row[j] = 0
			}
		}
	}
}

// shareBeside returns the share of zeros for each block of a sweep that makes
// spec's over the matrix, where blocks that are forced to have more than that
// leave less to the others: the s of
//
//	Σ_b max(forced_b, s·size_b) = sparsity·Σ_b size_b
func shareBeside[T linalg.Float](forced linalg.Matrix[T], spec Spec) float64 {
	type block struct{ zeros, size float64 }
	var open []block
	left, size := 0.0, 0.0 // of zeros and of weights, in the open blocks
	for c0 := 0; c0 < forced.Cols; c0 += spec.BlockSize {
		c1 := min(c0+spec.BlockSize, forced.Cols)
		b := block{countZeros(forced.Slice(0, forced.Rows, c0, c1)), float64(forced.Rows * (c1 - c0))}
		open = append(open, b)
		left += spec.Sparsity * b.size
		size += b.size
	}
	for len(open) > 0 {
		// Blocks that have more than the share are done with as they are, which
		// only lowers the share of the rest.
		share := left / size
		rest := open[:0:0]
		for _, b := range open {
			if b.zeros > share*b.size {
				left -= b.zeros
				size -= b.size
			} else {
				rest = append(rest, b)
			}
		}
		if len(rest) == len(open) {
			return max(share, 0)
		}
		open = rest
	}
	return 0
}

func countZeros[T linalg.Float](m linalg.Matrix[T]) float64 {
	n := 0
	for i := range m.Rows {
		for _, v := range m.Row(i) {
			if v == 0 {
				n++
			}
		}
	}
	return float64(n)
}
