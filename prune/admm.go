package prune

import "sparsellm/linalg"

// ADMM prunes by the alternating direction method of multipliers (Boža 2024,
// arXiv 2401.02938): the mask grows from nothing to the whole share of zeros
// while the weights adapt, and then stays. It takes one factorisation, and a
// solve in each iteration.
type ADMM[T linalg.Float] struct{}

const (
	admmPenalty    = 1  // ρ, H having a unit diagonal
	admmGrowing    = 15 // iterations in which the mask grows
	admmIterations = 20
)

// Prune implements Method. It does not quantise.
func (ADMM[T]) Prune(pool *linalg.Pool, w linalg.Matrix[T], h *Hessian[T], spec Spec) error {
	p, err := newReconstruction(w, h, spec)
	if err != nil {
		return err
	}
	unit, norms := p.normalised(pool)
	s := newSplitting(unit)
	if err := s.penalise(pool, admmPenalty); err != nil {
		return err
	}
	for it := range admmIterations {
		if it < admmGrowing {
			s.mask.smallest(pool, s.v, spec.Pattern, spec.Target()*cubic(float64(it+1)/admmGrowing))
		}
		s.step(pool)
	}
	s.sparse(w, norms)
	p.refit(pool, w)
	return nil
}

// cubic is the schedule of Zhu & Gupta (2017): the share of the final sparsity
// that is reached at time t in (0, 1].
func cubic(t float64) float64 { return 1 - (1-t)*(1-t)*(1-t) }
