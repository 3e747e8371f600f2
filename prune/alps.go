package prune

import (
	"math"

	"sparsellm/linalg"
)

// ALPS prunes by operator splitting with a growing penalty (Meng et al. 2024,
// arXiv 2406.07831): all zeros are there from the start, a small penalty lets
// them move, and once a larger one has settled the support the weights on it
// are solved for. It takes a factorisation for every penalty.
type ALPS[T linalg.Float] struct{}

const (
	alpsPenalty = 0.1 // the first ρ, H having a unit diagonal
	alpsEvery   = 2   // iterations between changes of ρ; the paper's 3 take longer and gain 1%
	alpsLeast   = 10  // iterations before the support may count as settled
	alpsMost    = 300
	alpsSettled = 0.0003 // of the support that moves between changes of ρ
)

func init() {
	const usual = 40 // iterations, on average of SmolLM2-135M's matrices
	register(MethodInfo{
		Name: "alps", Title: "ALPS", Rank: 5, Local: true,
		Help: "each matrix by operator splitting, with a growing penalty (Meng et al., 2024): better masks, in more time",
		Cost: splittingCost(usual, usual/alpsEvery),
	}, ALPS[float32]{}, ALPS[float64]{})
}

// Prune implements Method. It does not quantise.
func (ALPS[T]) Prune(pool *linalg.Pool, w linalg.Matrix[T], h *Hessian[T], spec Spec) error {
	p, err := newReconstruction(pool, w, h, spec)
	if err != nil || spec.Target() == 0 {
		return err
	}
	s, err := newSplitting(pool, p, alpsPenalty)
	if err != nil {
		return err
	}
	s.mask.smallest(pool, s.v, spec.Pattern, spec.Target())
	s.forget(pool)
	before := make([]bool, len(s.mask.zeroed))
	for it := 0; it < alpsMost; it += alpsEvery {
		copy(before, s.mask.zeroed)
		for range alpsEvery {
			s.step(pool)
			s.mask.smallest(pool, s.v, spec.Pattern, spec.Target())
		}
		moved := changed(before, s.mask.zeroed) / max(1-spec.Target(), math.SmallestNonzeroFloat64)
		if it >= alpsLeast && moved < alpsSettled {
			break
		}
		if err := s.penalise(pool, s.rho*growth[T](moved)); err != nil {
			return err
		}
	}
	s.store(w)
	p.refit(pool, w)
	return nil
}

// growth returns the factor by which ρ grows after a share of the support has
// moved (Meng et al. 2024, section 3.2).
func growth[T linalg.Float](moved float64) T {
	switch {
	case moved >= 0.1:
		return 1.3
	case moved >= 0.005:
		return 1.2
	}
	return 1.1
}

// changed returns the share of places in which two masks differ.
func changed(a, b []bool) float64 {
	n := 0
	for i, v := range a {
		if v != b[i] {
			n++
		}
	}
	return float64(n) / float64(max(len(a), 1))
}
