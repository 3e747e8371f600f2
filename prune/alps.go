package prune

import "sparsellm/linalg"

// ALPS prunes by operator splitting with a growing penalty (Meng et al. 2024,
// arXiv 2406.07831): all zeros are there from the start, the small penalty
// lets them move, and once the support has settled the weights on it are
// solved for. It takes a factorisation for every penalty.
type ALPS[T linalg.Float] struct{}

const (
	alpsPenalty = 0.1 // the first ρ, H having a unit diagonal
	alpsEvery   = 3   // iterations between changes of ρ
	alpsMost    = 300
)

// Prune implements Method. It does not quantise.
func (ALPS[T]) Prune(pool *linalg.Pool, w linalg.Matrix[T], h *Hessian[T], spec Spec) error {
	p, err := newReconstruction(w, h, spec)
	if err != nil {
		return err
	}
	unit, norms := p.normalised(pool)
	s := newSplitting(unit)
	if err := s.penalise(pool, alpsPenalty); err != nil {
		return err
	}
	s.mask.smallest(pool, s.v, spec.Pattern, spec.Target())
	s.dropMultipliers(pool)
	before := make([]bool, len(s.mask.zeroed))
	for it := 0; it < alpsMost; it += alpsEvery {
		copy(before, s.mask.zeroed)
		for range alpsEvery {
			s.step(pool)
			s.mask.smallest(pool, s.v, spec.Pattern, spec.Target())
		}
		moved := float64(changes(before, s.mask.zeroed)) / float64(len(before)) / (1 - spec.Target())
		if AlpsDebug != nil {
			AlpsDebug(it, float64(s.rho), moved)
		}
		if moved < alpsSettled {
			break
		}
		growth := T(1.1)
		if moved > 0.1 {
			growth = 1.3
		} else if moved > 0.005 {
			growth = 1.2
		}
		if err := s.penalise(pool, s.rho*growth); err != nil {
			return err
		}
	}
	s.sparse(w, norms)
	p.refit(pool, w)
	return nil
}

var AlpsDebug func(it int, rho, moved float64)

const alpsSettled = 0.0003

// dropMultipliers sets U to zero.
func (s *splitting[T]) dropMultipliers(pool *linalg.Pool) {
	pool.For(s.v.Rows, func(i int) {
		vi := s.v.Row(i)
		for j, zeroed := range s.mask.row(i) {
			if zeroed {
				vi[j] = 0
			}
		}
	})
}

// changes returns in how many places two masks differ.
func changes(a, b []bool) int {
	n := 0
	for i, v := range a {
		if v != b[i] {
			n++
		}
	}
	return n
}
