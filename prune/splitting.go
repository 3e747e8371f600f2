package prune

import (
	"fmt"

	"sparsellm/linalg"
)

// splitting minimises a reconstruction by the alternating direction method of
// multipliers: W is split into B, which is free, and D, which is sparse, and
// the two are pulled together by a penalty ρ/2·‖B − D‖² and multipliers ρU,
//
//	B ← argmin f(B) + ρ‖B − D + U‖² = W₀ + ρ(D − U − W₀)(H + ρI)⁻¹
//	D ← B + U with the smallest weights zeroed
//	U ← B + U − D
//
// so that D is the kept part of V = B + U, and U the part that D leaves out: V
// and the mask are all there is to carry from step to step.
type splitting[T linalg.Float] struct {
	*reconstruction[T]
	rho    T
	factor linalg.Matrix[T] // Cholesky, of H + ρI
	v, t   linalg.Matrix[T]
	mask   *selection[T]
}

// newSplitting starts from B = W₀, U = 0.
func newSplitting[T linalg.Float](p *reconstruction[T]) *splitting[T] {
	return &splitting[T]{
		reconstruction: p,
		v:              p.dense.Clone(),
		t:              linalg.NewMatrix[T](p.dense.Rows, p.dense.Cols),
		factor:         linalg.NewMatrix[T](p.h.Rows, p.h.Rows),
		mask:           newSelection[T](p.dense.Rows, p.dense.Cols),
	}
}

// penalise sets ρ, at which the multipliers ρU stay what they are.
func (s *splitting[T]) penalise(pool *linalg.Pool, rho T) error {
	if s.rho > 0 {
		ratio := s.rho / rho
		pool.For(s.v.Rows, func(i int) {
			vi := s.v.Row(i)
			for j, zeroed := range s.mask.row(i) {
				if zeroed {
					vi[j] *= ratio
				}
			}
		})
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

// sparse stores D in w, whose features have these norms.
func (s *splitting[T]) sparse(w linalg.Matrix[T], norms []T) {
	for i := range w.Rows {
		wi, vi := w.Row(i), s.v.Row(i)
		for j, zeroed := range s.mask.row(i) {
			if zeroed {
				wi[j] = 0
			} else {
				wi[j] = vi[j] / norms[j]
			}
		}
	}
}
