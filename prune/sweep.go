package prune

import "sparsellm/linalg"

// sweep is SparseGPT's solver (Frantar & Alistarh 2023): it prunes w, out ×
// in, from the first column to the last and lets the columns to the right of
// each make good what its pruning cost, by the optimal brain surgeon's update
//
//	err = (w_i − q_i)/R_ii,   w_j ← w_j − err·R_ij   (j > i)
//
// where q is w with the masked weights zeroed (and the others quantised, if
// grids is not nil) and R the factor of H⁻¹ = RᵀR. Row i of R is the first row
// of (H[i:, i:])⁻¹ over R_ii, so that no inverse is updated on the way: with
// H = UUᵀ, U upper triangular, H[i:, i:] = U[i:, i:]·U[i:, i:]ᵀ, and R = U⁻¹
// has the inverses of those corners as its own. Columns are
// handled in blocks (linalg.SolveMasked), and those right of a block updated
// once, by a product.
//
// Rows are independent of one another but for the threshold of the
// unstructured mask, which a block's rows share.
//
// forced, of w's shape, is zero where w must be; with no rows it is nowhere.
func sweep[T linalg.Float](pool *linalg.Pool, w linalg.Matrix[T], f *Factor[T], spec Spec, grids []grid[T], forced linalg.Matrix[T]) {
	zeroColumns(w, f.Dead)
	if forced.Rows > 0 && !spec.Pattern.Structured() {
		spec.Sparsity = shareBeside(forced, spec)
	}
	var quantize func(row int, x T) T
	if grids != nil {
		top := levels[T](spec.Bits)
		quantize = func(row int, x T) T { return grids[row].quantize(x, top) }
	}
	errs := linalg.Take[T](pool, w.Rows, min(spec.BlockSize, w.Cols))
	defer linalg.GiveBack(pool, errs)
	for c0 := 0; c0 < w.Cols; c0 += spec.BlockSize {
		sweepBlock(pool, w, errs, f, spec, forced, quantize, c0)
	}
}

// sweepBlock sweeps the block of columns from c0 on, all before it being done.
func sweepBlock[T linalg.Float](pool *linalg.Pool, w, errs linalg.Matrix[T], f *Factor[T], spec Spec, forced linalg.Matrix[T], quantize func(row int, x T) T, c0 int) {
	c1 := min(c0+spec.BlockSize, w.Cols)
	block := w.Slice(0, w.Rows, c0, c1)
	r := f.R.Slice(c0, c1, c0, c1)
	e := errs.Slice(0, w.Rows, 0, c1-c0)
	var keep linalg.Matrix[T]
	if forced.Rows > 0 {
		keep = forced.Slice(0, w.Rows, c0, c1)
	}
	linalg.SolveMasked(pool, block, e, r, blockMask(pool, block, r, spec, keep), quantize)
	if c1 < w.Cols {
		linalg.Gemm(pool, linalg.NoTrans, linalg.NoTrans, -1, e, f.R.Slice(c0, c1, c1, w.Cols),
			1, w.Slice(0, w.Rows, c1, w.Cols))
	}
}

// blockMask says which weights of a block go: under a pattern so many of each
// group, otherwise those whose saliency is at most that which stands at index
// ⌊size·sparsity⌋ of the block's, all rows sorted together. This is the
// released rule, which so zeroes one weight more than the share says; with a
// sparsity of 0 none goes. Those that are forced go first, and count.
func blockMask[T linalg.Float](pool *linalg.Pool, block, r linalg.Matrix[T], spec Spec, forced linalg.Matrix[T]) linalg.Mask[T] {
	mask := linalg.Mask[T]{Threshold: -1, Forced: forced}
	switch {
	case spec.Pattern.Structured():
		mask.Zeros, mask.Of = spec.Pattern.zeros(), spec.Pattern.Of
	case spec.Sparsity > 0:
		if forced.Rows > 0 {
			block = block.Clone()
			zeroWhere(block, forced)
		}
		k := int(float64(block.Rows*block.Cols) * spec.Sparsity)
		mask.Threshold = linalg.SaliencyThreshold(pool, block, r, k)
	}
	return mask
}
