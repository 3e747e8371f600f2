package prune

import (
	"math"

	"sparsellm/linalg"
)

// reconstruction is the problem that a local method solves for one matrix:
//
//	min ‖(W − W₀)X‖² + λ‖W − W₀‖² ~ tr((W − W₀)·H·(W − W₀)ᵀ),  W sparse
//
// with H damped as it is for a sweep.
type reconstruction[T linalg.Float] struct {
	dense linalg.Matrix[T] // W₀, out × in, zero where features are dead
	h     linalg.Matrix[T] // damped
	keep  bool             // W must be zero where W₀ is
}

// newReconstruction states the problem for w, in which it zeroes the weights
// of dead features.
func newReconstruction[T linalg.Float](pool *linalg.Pool, w linalg.Matrix[T], h *Hessian[T], spec Spec) (*reconstruction[T], error) {
	if err := localOnly(w, spec); err != nil {
		return nil, err
	}
	m := h.Matrix(pool)
	if err := h.Check(pool); err != nil {
		return nil, err
	}
	p := &reconstruction[T]{h: m.Clone(), keep: spec.KeepMask}
	zeroColumns(w, damp(p.h, spec.Damping))
	p.dense = w.Clone()
	return p, nil
}

// refitTolerance ends the refit of a row with the iteration that gains less
// than this share of what the refit has gained in all. What it leaves is worth
// less than the difference between one calibration text and another.
const refitTolerance = 0.05

// refit moves the kept weights of w towards the least squares solution on
// their support. No row gets worse.
func (p *reconstruction[T]) refit(pool *linalg.Pool, w linalg.Matrix[T]) {
	linalg.LeastSquaresOnSupport(pool, p.h, p.residual(pool, w), w, refitTolerance)
}

// residual returns (W₀ − W)·H, minus half of the gradient.
func (p *reconstruction[T]) residual(pool *linalg.Pool, w linalg.Matrix[T]) linalg.Matrix[T] {
	d, r := p.dense.Clone(), linalg.NewMatrix[T](w.Rows, w.Cols)
	for i := range d.Rows {
		di := d.Row(i)
		for j, v := range w.Row(i) {
			di[j] -= v
		}
	}
	linalg.Gemm(pool, linalg.NoTrans, linalg.NoTrans, 1, d, p.h, 0, r)
	return r
}

// normalised returns the problem with features scaled to norm 1: H has a unit
// diagonal, and the square of a weight is what zeroing it alone costs, Wanda's
// score (Boža 2024, section 3.3). Weights of the problem are norms times what
// they are, and a power of two, which changes no digit, but keeps the product
// of a tiny weight and a tiny norm from being nothing.
func (p *reconstruction[T]) normalised(pool *linalg.Pool) (n *reconstruction[T], norms []T) {
	norms = make([]T, p.h.Rows)
	var most T
	for j := range norms {
		norms[j] = 1
		if d := float64(p.h.At(j, j)); d > 0 {
			norms[j] = T(math.Sqrt(d))
		}
		most = max(most, norms[j])
	}
	n = &reconstruction[T]{
		dense: linalg.NewMatrix[T](p.dense.Rows, p.dense.Cols),
		h:     linalg.NewMatrix[T](p.h.Rows, p.h.Cols),
		keep:  p.keep,
	}
	pool.For(p.h.Rows, func(i int) {
		row := n.h.Row(i)
		for j, v := range p.h.Row(i) {
			row[j] = v / norms[i] / norms[j]
		}
	})
	_, exponent := math.Frexp(float64(most))
	for j, v := range norms {
		norms[j] = T(math.Ldexp(float64(v), -exponent))
	}
	pool.For(p.dense.Rows, func(i int) {
		row := n.dense.Row(i)
		for j, v := range p.dense.Row(i) {
			row[j] = v * norms[j]
		}
	})
	return n, norms
}
