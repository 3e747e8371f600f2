package prune

import (
	"math"
	"slices"

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

func init() {
	const usual = 0.05 // swaps that a row makes, of its weights, on average of SmolLM2-135M's matrices
	register(MethodInfo{
		Name: "swaps", Title: "Swaps", Rank: 6, Local: true, Factor: true,
		Help: "sparsegpt, its masks improved by swaps (Zimmer et al., 2025)",
		Cost: Cost{Sweeps: 1, Fits: 2, Solves: 1, Swaps: usual, Squares: 3, Matrices: 4, Rows: 5, Features: 160},
	}, Swaps[float32]{}, Swaps[float64]{})
}

// Prune implements Method. It does not quantise.
func (Swaps[T]) Prune(pool *linalg.Pool, w linalg.Matrix[T], h *Hessian[T], spec Spec) error {
	p, err := newReconstruction(pool, w, h, spec)
	if err != nil || spec.Target() == 0 {
		return err
	}
	if err := (SparseGPT[T]{}).Prune(pool, w, h, spec); err != nil {
		return err
	}
	unit, norms := p.normalised(pool)
	scaleColumns(w, norms)
	unit.refit(pool, w)
	near := newNeighbours(pool, unit.h)
	r := unit.residual(pool, w)
	pool.For(w.Rows, func(i int) {
		s := rowSwaps[T]{h: unit.h, near: near, pattern: spec.Pattern, w: w.Row(i), r: r.Row(i)}
		if unit.keep {
			s.forced = unit.dense.Row(i)
		}
		// An error of nearly nothing may come out below it: a swap that lowers
		// nothing is none even then.
		least := max(T(swapGain*unit.rowError(i, s.w, s.r)), 0)
		for range w.Cols {
			best := s.best()
			if !(best.fall > least) {
				break
			}
			s.apply(best)
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

// nearest is how many of a feature's neighbours are known one by one.
const nearest = 8

// neighbours are, for every feature, the features that correlate with it most,
// and how strongly any other does at most, whatever the sign.
type neighbours[T linalg.Float] struct {
	most  [][]int
	reach []T
}

func newNeighbours[T linalg.Float](pool *linalg.Pool, h linalg.Matrix[T]) *neighbours[T] {
	n := &neighbours[T]{most: make([][]int, h.Rows), reach: make([]T, h.Rows)}
	pool.For(h.Rows, func(i int) {
		row := h.Row(i)
		var near []int // by falling correlation, one too many
		for j, v := range row {
			if j == i || len(near) > nearest && abs(v) <= abs(row[near[nearest]]) {
				continue
			}
			k := len(near)
			for k > 0 && abs(v) > abs(row[near[k-1]]) {
				k--
			}
			near = slices.Insert(near, k, j)[:min(len(near)+1, nearest+1)]
		}
		if len(near) > nearest {
			n.reach[i] = abs(row[near[nearest]])
			near = near[:nearest]
		}
		n.most[i] = near
	})
	return n
}

func abs[T linalg.Float](x T) T { return T(math.Abs(float64(x))) }

// rowSwaps is a row under 1-swaps. With r = (w₀ − w)·H and a unit diagonal of
// H, zeroing w_u raises the row's error by w_u² + 2·w_u·r_u and changes r_v to
// r_v + w_u·H_uv; then setting w_v to that lowers the error by its square.
type rowSwaps[T linalg.Float] struct {
	h          linalg.Matrix[T]
	near       *neighbours[T]
	pattern    Pattern
	w, r       []T
	forced     []T   // if not nil, zero where w must be
	kept, gone []int // workspace
}

// swap zeroes weight out and brings back weight in, which lowers the row's
// error by fall.
type swap[T linalg.Float] struct {
	fall    T
	out, in int
}

// apply makes a swap.
func (s *rowSwaps[T]) apply(p swap[T]) {
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

// best returns a swap that lowers the error most, or one with a fall of 0 if
// none lowers it.
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
	// Swaps with a near neighbour are tried one by one; of the others with a
	// kept weight none is above a bound, and few kept weights have one that is
	// above the best so far, if one begins with the most promising.
	var best swap[T]
	var first int
	var most T
	for _, u := range s.kept {
		s.improve(&best, u, s.near.most[u])
		if b := s.bound(u, top); b > most {
			first, most = u, b
		}
	}
	if most > best.fall {
		s.improve(&best, first, s.gone)
	}
	for _, u := range s.kept {
		if s.bound(u, top) > best.fall && u != first {
			s.improve(&best, u, s.gone)
		}
	}
	return best
}

// bound returns more than a swap of u for a pruned weight can bring that is
// not its near neighbour, top being the largest residual of a pruned weight.
func (s *rowSwaps[T]) bound(u int, top T) T {
	x := top + abs(s.w[u])*s.near.reach[u]
	return x*x - s.cost(u)
}

// cost returns what zeroing w_u alone would cost.
func (s *rowSwaps[T]) cost(u int) T { return s.w[u] * (s.w[u] + 2*s.r[u]) }

// improve replaces best if swapping u for a pruned one of the given weights is
// better.
func (s *rowSwaps[T]) improve(best *swap[T], u int, among []int) {
	w, cost, hu := s.w[u], s.cost(u), s.h.Row(u)
	for _, v := range among {
		x := s.r[v] + w*hu[v]
		if fall := x*x - cost; fall > best.fall && s.w[v] == 0 && (s.forced == nil || s.forced[v] != 0) {
			*best = swap[T]{fall, u, v}
		}
	}
}

// bestInGroups is best for swaps within the groups of a pattern.
func (s *rowSwaps[T]) bestInGroups() swap[T] {
	var best swap[T]
	for g := 0; g < len(s.w); g += s.pattern.Of {
		s.gone = s.gone[:0]
		for v := g; v < g+s.pattern.Of; v++ {
			if s.w[v] == 0 {
				s.gone = append(s.gone, v)
			}
		}
		for u := g; u < g+s.pattern.Of; u++ {
			if s.w[u] != 0 {
				s.improve(&best, u, s.gone)
			}
		}
	}
	return best
}
