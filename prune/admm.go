package prune

import "sparsellm/linalg"

// ADMM prunes by the alternating direction method of multipliers (Boža 2024,
// arXiv 2401.02938): the mask grows from nothing to the whole share of zeros
// while the weights adapt. It takes one factorisation, and a solve in each
// iteration. Where the paper goes on iterating with the final mask, the least
// squares problem that this leaves is solved instead.
type ADMM[T linalg.Float] struct{}

const (
	admmPenalty    = 1 // ρ, H having a unit diagonal
	admmIterations = 8
)

func init() {
	register(MethodInfo{
		Name: "admm", Title: "ADMM", Rank: 4, Local: true,
		Help: "each matrix by operator splitting (Boža, 2024): better masks, in more time",
		Cost: splittingCost(admmIterations, 1),
	}, ADMM[float32]{}, ADMM[float64]{})
}

// Prune implements Method. It does not quantise.
func (ADMM[T]) Prune(pool *linalg.Pool, w linalg.Matrix[T], h *Hessian[T], spec Spec) error {
	p, err := newReconstruction(pool, w, h, spec)
	if err != nil || spec.Target() == 0 {
		return err
	}
	s, err := newSplitting(pool, p, admmPenalty)
	if err != nil {
		return err
	}
	for it := range admmIterations {
		share := spec.Target() * cubic(float64(it+1)/admmIterations)
		s.mask.smallest(pool, s.v, spec.Pattern, share)
		if it < admmIterations-1 {
			s.step(pool)
		}
	}
	s.store(w)
	p.refit(pool, w)
	return nil
}

// cubic is the schedule of Zhu & Gupta (2017): the share of the final sparsity
// that is reached at time t in (0, 1].
func cubic(t float64) float64 { return 1 - (1-t)*(1-t)*(1-t) }
