package linalg

// Mask says which weights of a block of columns a masked solve zeroes, by
// their saliency, w_i²/R_ii²: what zeroing w_i costs, up to a factor, when the
// columns to its right make good for it (Hassibi & Stork 1993).
type Mask[T Float] struct {
	// Threshold: without a pattern, zeroed are the weights whose saliency,
	// before the block's first column is done, is at most this; none if it is
	// negative.
	Threshold T
	// Zeros of every Of consecutive weights of a row are zeroed, if Of is not
	// 0: those of least saliency when the solve reaches them, the earlier ones
	// where saliencies are equal. Of divides the number of columns.
	Zeros, Of int
}

// SolveMasked runs the columns of a block, w (rows × b), through the optimal
// brain surgeon (Frantar & Alistarh 2023, algorithm 1), with r the b × b
// upper triangular factor of the inverse Hessian, of which it reads the
// diagonal and what is above. For each row, from the first column i to the
// last:
//
//	q_i   = 0 where the mask says so, else w_i; then quantize(row, q_i)
//	err_i = (w_i − q_i)/r_ii
//	w_j   = w_j − err_i·r_ij    for j > i
//
// It leaves q in w and err in errs (rows × b). quantize may be nil, and must
// be safe for concurrent use. Rows do not depend on one another.
func SolveMasked[T Float](p *Pool, w, errs, r Matrix[T], mask Mask[T], quantize func(row int, x T) T) {
	mustSameShape(w, errs)
	p.For(w.Rows, func(row int) {
		wr, er := w.Row(row), errs.Row(row)
		masked := make([]bool, len(wr))
		if mask.Of == 0 {
			for i, v := range wr {
				masked[i] = saliency(v, r.At(i, i)) <= mask.Threshold
			}
		}
		for i := range wr {
			if mask.Of > 0 && i%mask.Of == 0 {
				for range mask.Zeros {
					best := -1
					for j := i; j < i+mask.Of; j++ {
						if !masked[j] && (best < 0 || saliency(wr[j], r.At(j, j)) < saliency(wr[best], r.At(best, best))) {
							best = j
						}
					}
					masked[best] = true
				}
			}
			q := wr[i]
			if masked[i] {
				q = 0
			}
			if quantize != nil {
				q = quantize(row, q)
			}
			ri := r.Row(i)
			err := (wr[i] - q) / ri[i]
			for j := i + 1; j < len(wr); j++ {
				wr[j] -= err * ri[j]
			}
			wr[i], er[i] = q, err
		}
	})
}

func saliency[T Float](w, rii T) T { return w * w / (rii * rii) }
