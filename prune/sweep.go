package prune

import (
	"slices"

	"sparsellm/linalg"
)

// sweep is SparseGPT's solver (Frantar & Alistarh 2023): it prunes w, out ×
// in, from the first column to the last and lets the columns to the right of
// each make good what its pruning cost, by the optimal brain surgeon's update
//
//	err = (w_i − q_i)/R_ii,   w_j ← w_j − err·R_ij   (j > i)
//
// where q is w with the masked weights zeroed (and the others quantised, if
// grids is not nil) and R the factor of H⁻¹: row i of R is the i-th row of
// the inverse of the Hessian of the columns not yet done. Columns are handled
// in blocks, and those right of a block updated once, by a product.
//
// Rows are independent of one another but for the threshold of the
// unstructured mask, which a block's rows share.
func sweep[T linalg.Float](pool *linalg.Pool, w linalg.Matrix[T], f *Factor[T], spec Spec, grids []grid[T]) {
	zeroColumns(w, f.Dead)
	errs := linalg.NewMatrix[T](w.Rows, min(spec.BlockSize, w.Cols))
	mask := make([]bool, w.Rows*errs.Cols)
	for c0 := 0; c0 < w.Cols; c0 += spec.BlockSize {
		c1 := min(c0+spec.BlockSize, w.Cols)
		block := w.Slice(0, w.Rows, c0, c1)
		r := f.R.Slice(c0, c1, c0, c1)
		e := errs.Slice(0, w.Rows, 0, c1-c0)
		if !spec.Pattern.Structured() {
			unstructuredMask(mask, block, r, spec.Sparsity)
		}
		pool.For(w.Rows, func(i int) {
			var g *grid[T]
			if grids != nil {
				g = &grids[i]
			}
			sweepRow(block.Row(i), e.Row(i), mask[i*block.Cols:(i+1)*block.Cols], r, spec, g)
		})
		if c1 < w.Cols {
			linalg.Gemm(pool, linalg.NoTrans, linalg.NoTrans, -1, e, f.R.Slice(c0, c1, c1, w.Cols),
				1, w.Slice(0, w.Rows, c1, w.Cols))
		}
	}
}

// sweepRow sweeps one row of a block. Under a pattern it chooses the mask of
// each group of columns as it reaches it, from weights that the columns
// before have updated.
func sweepRow[T linalg.Float](w, errs []T, mask []bool, r linalg.Matrix[T], spec Spec, g *grid[T]) {
	for i := range w {
		if p := spec.Pattern; p.Structured() && i%p.Of == 0 {
			groupMask(mask[i:i+p.Of], w[i:i+p.Of], r.Slice(i, i+p.Of, i, i+p.Of), p.zeros())
		}
		ri := r.Row(i)
		q := w[i]
		if mask[i] {
			q = 0
		}
		if g != nil {
			q = g.quantize(q, levels[T](spec.Bits))
		}
		err := (w[i] - q) / ri[i]
		for j := i + 1; j < len(w); j++ {
			w[j] -= err * ri[j]
		}
		w[i], errs[i] = q, err
	}
}

// score is what zeroing w costs when the columns to its right make good for
// it, up to a factor: w²/R_ii² (optimal brain surgeon's saliency).
func score[T linalg.Float](w, rii T) T { return w * w / (rii * rii) }

// unstructuredMask marks the weights of a block whose score is at most the
// ⌊size·sparsity⌋-th (counted from 0) of the sorted scores of all its rows:
// the released rule, which so zeroes one weight more than the share says.
// With a sparsity of 0 it marks none.
func unstructuredMask[T linalg.Float](mask []bool, block, r linalg.Matrix[T], sparsity float64) {
	scores := make([]T, 0, block.Rows*block.Cols)
	for i := range block.Rows {
		for j, v := range block.Row(i) {
			scores = append(scores, score(v, r.At(j, j)))
		}
	}
	if sparsity == 0 {
		clear(mask)
		return
	}
	threshold := nth(slices.Clone(scores), int(float64(len(scores))*sparsity))
	for i, s := range scores {
		mask[i] = s <= threshold
	}
}

// groupMask marks the zeros lowest-scoring weights of a group, the earlier
// one where scores are equal.
func groupMask[T linalg.Float](mask []bool, w []T, r linalg.Matrix[T], zeros int) {
	clear(mask)
	for range zeros {
		best := -1
		for j, v := range w {
			if !mask[j] && (best < 0 || score(v, r.At(j, j)) < score(w[best], r.At(best, best))) {
				best = j
			}
		}
		mask[best] = true
	}
}

// nth returns the element that stands at index n once x is sorted.
func nth[T linalg.Float](x []T, n int) T {
	slices.Sort(x)
	return x[n]
}
