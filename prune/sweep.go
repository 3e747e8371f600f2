package prune

import (
	"math"

	"sparsellm/linalg"
)

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
// forced, of w's shape, is zero where w must be zero; a matrix of no rows forces
// nothing.
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
	mask, _ := blockMask(pool, block, r, spec, keep)
	linalg.SolveMasked(pool, block, e, r, mask, quantize)
	if c1 < w.Cols {
		linalg.Gemm(pool, linalg.NoTrans, linalg.NoTrans, -1, e, f.R.Slice(c0, c1, c1, w.Cols),
			1, w.Slice(0, w.Rows, c1, w.Cols))
	}
}

// blockMask says which weights of a block go: under a pattern so many of each
// group, otherwise those whose saliency is at most that which stands at index
// ⌊size·sparsity⌋ of the block's, all rows sorted together. This is the
// released rule, which so zeroes one weight more than the share says; with a
// sparsity of 0 none goes. Those that are forced go first, and count. threshold
// is that saliency, -1 if there is none.
//
// Where many weights have that very saliency, as weights of few values do, all
// of them would be far more than the share: then so many go as it says.
func blockMask[T linalg.Float](pool *linalg.Pool, block, r linalg.Matrix[T], spec Spec, forced linalg.Matrix[T]) (mask linalg.Mask[T], threshold T) {
	mask, threshold = linalg.Mask[T]{Threshold: -1, Forced: forced}, -1
	switch {
	case spec.Pattern.Structured():
		mask.Zeros, mask.Of = spec.Pattern.zeros(), spec.Pattern.Of
	case spec.Sparsity > 0:
		if forced.Rows > 0 {
			block = block.Clone()
			zeroWhere(block, forced)
		}
		// A matrix of zeros that are kept may be allotted a sparsity of 1.
		k := min(int(float64(block.Rows*block.Cols)*spec.Sparsity), block.Rows*block.Cols-1)
		var atMost int
		threshold, atMost = linalg.SaliencyThreshold(pool, block, r, k)
		if spec.released || !tied(block, threshold, atMost, k+1) {
			mask.Threshold = threshold
		} else {
			mask.Forced = leastSalient(pool, block, r, k+1)
		}
	}
	return mask, threshold
}

// tiedShare is the share of a block's weights up to which those that equal the
// threshold may exceed the share that is asked for. They go together then, as
// in the released code.
const tiedShare = 0.001

// tied reports whether too many weights of a block, not want, have a saliency
// of at most the threshold. Weights that are zero are not too many, since they
// are that already.
func tied[T linalg.Float](block linalg.Matrix[T], threshold T, atMost, want int) bool {
	switch {
	case threshold != threshold: // of overflown saliencies none is at most that
		return true
	case float64(atMost-want) <= tiedShare*float64(block.Rows*block.Cols):
		return false
	}
	return threshold > 0 || atMost > int(countZeros(block))
}

// leastSalient returns a matrix that is zero for the k weights of a block with
// the least saliency, the earlier ones where saliencies are equal, and for
// those that are zero. Saliencies are compared by their roots in float64, of
// which hardly any overflows, or comes out as zero.
func leastSalient[T linalg.Float](pool *linalg.Pool, block, r linalg.Matrix[T], k int) linalg.Matrix[T] {
	s := newSelection[float64](block.Rows, block.Cols)
	pool.For(block.Rows, func(i int) {
		scores := s.scores[i*s.cols:][:s.cols]
		for j, v := range block.Row(i) {
			if scores[j] = math.Abs(float64(v)) / float64(r.At(j, j)); scores[j] != scores[j] {
				scores[j] = math.Inf(1)
			}
		}
	})
	s.least(pool, k)
	kept := linalg.NewMatrix[T](block.Rows, block.Cols)
	for i := range kept.Rows {
		row, zeroed := kept.Row(i), s.row(i)
		for j, v := range block.Row(i) {
			if v != 0 && !zeroed[j] {
				row[j] = 1
			}
		}
	}
	return kept
}
