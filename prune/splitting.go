package prune

import (
	"fmt"

	"sparsellm/linalg"
)

// splitting minimises a reconstruction by the alternating direction method of
// multipliers: W is split into B, which is free, and D, which is sparse, and
// the two are pulled together by a penalty ρ and multipliers ρU,
//
//	B ← argmin tr((B − W₀)H(B − W₀)ᵀ) + ρ‖B − D + U‖²
//	  = W₀ + ρ(D − U − W₀)(H + ρI)⁻¹
//	D ← B + U with the smallest weights zeroed
//	U ← B + U − D
//
// so that D is the kept part of V = B + U, and U the part that D leaves out: V
// and the mask are all there is to carry from step to step. The problem is the
// normalised one.
type splitting[T linalg.Float] struct {
	*reconstruction[T]
	norms  []T
	rho    T
	factor linalg.Matrix[T] // Cholesky, of H + ρI
	v, t   linalg.Matrix[T]
	mask   *selection[T]
}

// newSplitting starts from B = W₀, U = 0 and no zeros.
func newSplitting[T linalg.Float](pool *linalg.Pool, p *reconstruction[T], rho T) (*splitting[T], error) {
	unit, norms := p.normalised(pool)
	s := &splitting[T]{
		reconstruction: unit,
		norms:          norms,
		v:              unit.dense.Clone(),
		t:              linalg.NewMatrix[T](p.dense.Rows, p.dense.Cols),
		factor:         linalg.NewMatrix[T](p.h.Rows, p.h.Rows),
		mask:           newSelection[T](p.dense.Rows, p.dense.Cols),
	}
	if p.keep {
		s.mask.forced = unit.dense
	}
	s.rho = rho
	return s, s.penalise(pool, rho)
}

// penalise sets ρ. The multipliers ρU stay what they are.
func (s *splitting[T]) penalise(pool *linalg.Pool, rho T) error {
	if rho != s.rho {
		s.scaleMultipliers(pool, s.rho/rho)
	}
	s.rho = rho
	linalg.Copy(s.factor, s.h)
	for i := range s.factor.Rows {
		s.factor.Data[i*s.factor.Stride+i] += rho
	}
	if err := linalg.Potrf(pool, s.factor); err != nil {
		return fmt.Errorf("prune: Hessian with a penalty of %g: %w", float64(rho), err)
	}
	return nil
}

// forget sets U to zero.
func (s *splitting[T]) forget(pool *linalg.Pool) { s.scaleMultipliers(pool, 0) }

func (s *splitting[T]) scaleMultipliers(pool *linalg.Pool, by T) {
	pool.For(s.v.Rows, func(i int) {
		vi := s.v.Row(i)
		for j, zeroed := range s.mask.row(i) {
			if zeroed {
				vi[j] *= by
			}
		}
	})
}

// step computes the next V from V and the mask.
func (s *splitting[T]) step(pool *linalg.Pool) {
	pool.For(s.v.Rows, func(i int) {
		vi, ti, dense := s.v.Row(i), s.t.Row(i), s.dense.Row(i)
		for j, zeroed := range s.mask.row(i) {
			d, u := vi[j], T(0)
			if zeroed {
				d, u = u, d
			}
			ti[j] = s.rho * (d - u - dense[j])
			vi[j] = u + dense[j]
		}
	})
	linalg.SolveCholesky(pool, s.factor, s.t)
	pool.For(s.v.Rows, func(i int) {
		vi := s.v.Row(i)
		for j, t := range s.t.Row(i) {
			vi[j] += t
		}
	})
}

// store writes D to w, in the scale of the problem before it was normalised.
func (s *splitting[T]) store(w linalg.Matrix[T]) {
	for i := range w.Rows {
		wi, vi := w.Row(i), s.v.Row(i)
		for j, zeroed := range s.mask.row(i) {
			if zeroed {
				wi[j] = 0
			} else {
				wi[j] = vi[j] / s.norms[j]
			}
		}
	}
}

// splittingCost is that of so many iterations and factors, and of the fit that
// ends them. In memory are twice the problem, the factor, V, its next, W, the
// residual and its difference, and scores; two masks.
func splittingCost(iterations, factors float64) Cost {
	return Cost{Solves: iterations, Choleskys: factors, Fits: 1, Squares: 4, Matrices: 7, Masks: 2, Rows: 5, Bytes: 1 << 20}
}
