package prune

import (
	"math"

	"sparsellm/linalg"
)

// Swaps prunes by a sweep and then improves each row's mask by 1-swaps: a kept
// weight goes and a pruned one comes back, always the pair that lowers the
// row's error most, as the Gram matrix tells exactly (Zimmer et al. 2025,
// SparseSwaps, arXiv 2512.10922). Every row keeps its number of zeros and,
// under a pattern, every group.
//
// Where SparseSwaps gives weights that come back their dense values and leaves
// the others alone, here they come back with the best value beside the weights
// that there are, which have been refitted before and are refitted once more
// after: a lower error after fewer swaps.
type Swaps[T linalg.Float] struct{}

// swapGain ends a row's swaps when the best would lower its error by less than
// this share of it.
const swapGain = 1e-4

// Prune implements Method. It does not quantise.
func (Swaps[T]) Prune(pool *linalg.Pool, w linalg.Matrix[T], h *Hessian[T], spec Spec) error {
	p, err := newReconstruction(w, h, spec)
	if err != nil || spec.Target() == 0 {
		return err
	}
	if err := (SparseGPT[T]{}).Prune(pool, w, h, spec); err != nil {
		return err
	}
	unit, norms := p.normalised(pool)
	scaleColumns(w, norms)
	unit.refit(pool, w)
	reach := correlationReach(pool, unit.h)
	r := unit.residual(pool, w)
	pool.For(w.Rows, func(i int) {
		s := rowSwaps[T]{h: unit.h, reach: reach, pattern: spec.Pattern, w: w.Row(i), r: r.Row(i)}
		least := T(swapGain * unit.rowError(i, s.w, s.r))
		for range w.Cols {
			best := s.best()
			if !(best.fall > least) {
				break
			}
			s.make(best)
		}
	})
	unit.refit(pool, w)
	for j := range norms {
		norms[j] = 1 / norms[j]
	}
	scaleColumns(w, norms)
	return nil
}

// rowError returns (w − w₀)·H·(w − w₀)ᵀ of row i, r being its residual.
func (p *reconstruction[T]) rowError(i int, w, r []T) float64 {
	var e float64
	for j, d := range p.dense.Row(i) {
		e += float64(d-w[j]) * float64(r[j])
	}
	return e
}

// scaleColumns multiplies column j of w by by[j].
func scaleColumns[T linalg.Float](w linalg.Matrix[T], by []T) {
	for i := range w.Rows {
		row := w.Row(i)
		for j, s := range by {
			row[j] *= s
		}
	}
}

// correlationReach returns, for each row of h, the largest absolute value off
// the diagonal.
func correlationReach[T linalg.Float](pool *linalg.Pool, h linalg.Matrix[T]) []T {
	reach := make([]T, h.Rows)
	pool.For(h.Rows, func(i int) {
		for j, v := range h.Row(i) {
			if j != i {
				reach[i] = max(reach[i], abs(v))
			}
		}
	})
	return reach
}

func abs[T linalg.Float](x T) T { return T(math.Abs(float64(x))) }

// rowSwaps is a row under 1-swaps. With r = (w₀ − w)·H and a unit diagonal of
// H, zeroing w_u raises the row's error by w_u² + 2·w_u·r_u and changes r_v to
// r_v + w_u·H_uv; then setting w_v to that lowers the error by its square.
type rowSwaps[T linalg.Float] struct {
	h          linalg.Matrix[T]
	reach      []T // of each row of h
	pattern    Pattern
	w, r       []T
	kept, gone []int // workspace
}

// swap zeroes weight out and brings back weight in, which lowers the row's
// error by fall.
type swap[T linalg.Float] struct {
	fall    T
	out, in int
}

// make makes a swap.
func (s *rowSwaps[T]) make(p swap[T]) {
	s.set(p.out, 0)
	s.set(p.in, s.r[p.in])
}

func (s *rowSwaps[T]) set(j int, v T) {
	d := s.w[j] - v
	s.w[j] = v
	hj := s.h.Row(j)[:len(s.r)]
	for i, h := range hj {
		s.r[i] += d * h
	}
}

// best returns the swap that lowers the error most, the first of equals, or
// one with a fall of 0 if none does.
func (s *rowSwaps[T]) best() swap[T] {
	if s.pattern.Structured() {
		return s.bestInGroups()
	}
	s.kept, s.gone = s.kept[:0], s.gone[:0]
	var top T // of the residuals of pruned weights
	for j, v := range s.w {
		if v != 0 {
			s.kept = append(s.kept, j)
		} else {
			s.gone = append(s.gone, j)
			top = max(top, abs(s.r[j]))
		}
	}
	// Of the pairs with a kept weight, no fall is above a bound. Few kept
	// weights have one that is above the best fall found, if one begins with
	// the most promising.
	bound := func(u int) T {
		x := top + abs(s.w[u])*s.reach[u]
		return x*x - s.cost(u)
	}
	var first int
	var most T
	for _, u := range s.kept {
		if b := bound(u); b > most {
			first, most = u, b
		}
	}
	var best swap[T]
	if most == 0 {
		return best
	}
	s.improve(&best, first, s.gone)
	for _, u := range s.kept {
		if u != first && bound(u) > best.fall {
			s.improve(&best, u, s.gone)
		}
	}
	return best
}

// cost returns what zeroing w_u alone would cost.
func (s *rowSwaps[T]) cost(u int) T { return s.w[u] * (s.w[u] + 2*s.r[u]) }

// improve replaces best if swapping u for one of the given pruned weights is
// better.
func (s *rowSwaps[T]) improve(best *swap[T], u int, gone []int) {
	w, cost, hu := s.w[u], s.cost(u), s.h.Row(u)
	for _, v := range gone {
		x := s.r[v] + w*hu[v]
		if fall := x*x - cost; fall > best.fall {
			*best = swap[T]{fall, u, v}
		}
	}
}

// bestInGroups is best for swaps within the groups of a pattern.
func (s *rowSwaps[T]) bestInGroups() swap[T] {
	var best swap[T]
	of := s.pattern.Of
	for g := 0; g < len(s.w); g += of {
		s.gone = s.gone[:0]
		for v := g; v < g+of; v++ {
			if s.w[v] == 0 {
				s.gone = append(s.gone, v)
			}
		}
		for u := g; u < g+of; u++ {
			if s.w[u] != 0 {
				s.improve(&best, u, s.gone)
			}
		}
	}
	return best
}
