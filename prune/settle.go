package prune

import (
	"math"

	"sparsellm/asm"
	"sparsellm/linalg"
)

// Grid is what weights are quantised to that are packed: in each row, those of so
// many columns are whole multiples of one scale, a float16.
type Grid struct {
	Columns    int // that share a scale
	Least, Top int // multiples; if there are more below zero than above, scales may be negative
}

// Settle moves the weights of w, out × in, that are not zero to spec's grid, if it
// has one, h being the Hessian of their input: by a sweep as SparseGPT's that
// prunes nothing more (GPTQ, Frantar et al. 2023, on the support),
//
//	q_i = grid(w_i),   err = (w_i − q_i)/R_ii,   w_j ← w_j − err·R_ij   (j > i)
//
// so that weights to the right make good for what the rounding of each costs. A
// row's scale for some columns is chosen once the sweep gets there.
func Settle[T linalg.Float](pool *linalg.Pool, w linalg.Matrix[T], h *Hessian[T], spec Spec) error {
	if spec.Grid == nil {
		return nil
	}
	f, err := h.Factor(pool, spec.Damping)
	if err != nil {
		return err
	}
	g := *spec.Grid
	kept := linalg.TakeCopy(pool, w)
	errs := linalg.Take[T](pool, w.Rows, min(g.Columns, w.Cols))
	defer linalg.GiveBack(pool, kept, errs)
	scales := make([]float32, w.Rows)
	round := func(row int, x T) T { return T(g.round(scales[row], float32(x))) }
	for c0 := 0; c0 < w.Cols; c0 += g.Columns {
		c1 := min(c0+g.Columns, w.Cols)
		block, r := w.Slice(0, w.Rows, c0, c1), f.R.Slice(c0, c1, c0, c1)
		mask := linalg.Mask[T]{Threshold: -1, Forced: kept.Slice(0, w.Rows, c0, c1)}
		costs := make([]float64, c1-c0) // of an error, where what is to the right makes good for it
		for j := range costs {
			costs[j] = 1 / (float64(r.At(j, j)) * float64(r.At(j, j)))
		}
		pool.For(w.Rows, func(i int) {
			group := make([]float32, 0, c1-c0)
			cost := make([]float64, 0, c1-c0)
			for j, k := range mask.Forced.Row(i) {
				if k != 0 {
					group, cost = append(group, float32(block.At(i, j))), append(cost, costs[j])
				}
			}
			scales[i] = g.scale(group, cost)
		})
		e := errs.Slice(0, w.Rows, 0, c1-c0)
		linalg.SolveMasked(pool, block, e, r, mask, round)
		if c1 < w.Cols {
			linalg.Gemm(pool, linalg.NoTrans, linalg.NoTrans, -1, e, f.R.Slice(c0, c1, c1, w.Cols),
				1, w.Slice(0, w.Rows, c1, w.Cols))
		}
	}
	return nil
}

// shortest is how far down from the scale that reaches the greatest weight the
// search for the best goes, in steps of a 20th: few multiples are worth more where
// many weights lie.
const shortest = 10

// scale returns the scale for weights, of which an error squared has the given
// costs.
func (g Grid) scale(group []float32, costs []float64) float32 {
	var most float32 // by its magnitude
	for _, x := range group {
		if math.Abs(float64(x)) > math.Abs(float64(most)) {
			most = x
		}
	}
	reach := float32(g.Top)
	if -g.Least > g.Top {
		reach = float32(g.Least)
	} else if most < 0 {
		most = -most
	}
	best, least := float32(0), math.Inf(1)
	for step := 20; step >= shortest; step-- {
		s := half(most / reach * float32(step) / 20)
		sum := 0.0
		for j, x := range group {
			d := float64(x - g.round(s, x))
			sum += d * d * costs[j]
		}
		if sum < least {
			best, least = s, sum
		}
		if g.Top > 15 { // so fine a grid loses most where it does not reach
			break
		}
	}
	return best
}

// round returns the multiple of the scale that is nearest to x.
func (g Grid) round(scale, x float32) float32 {
	if scale == 0 {
		return 0
	}
	q := math.RoundToEven(float64(x / scale))
	return scale * float32(min(max(q, float64(g.Least)), float64(g.Top)))
}

// half rounds x to a float16.
func half(x float32) float32 {
	var h [1]uint16
	y := [1]float32{x}
	asm.F32ToF16(h[:], y[:])
	asm.F16ToF32(y[:], h[:])
	return y[0]
}
