package prune

import (
	"fmt"

	"sparsellm/linalg"
)

// ridge is the weight λ of a penalty λ‖W − W₀‖² in a least squares problem, by
// which its solution is drawn towards the dense weights.
type ridge float64

// ridgeOf returns the ridge that is a share of the mean square of the inputs
// whose Gram matrix X·Xᵀ is given. Of inputs that are zero it is 1, so that any
// target gives W₀.
func ridgeOf(gram linalg.Matrix[float64], share float64) ridge {
	if l := ridge(share * meanDiagonal(gram)); l > 0 {
		return l
	}
	return 1
}

func meanDiagonal(m linalg.Matrix[float64]) float64 {
	var trace float64
	for i := range m.Rows {
		trace += m.At(i, i)
	}
	return trace / float64(m.Rows)
}

// addTo adds the ridge to the diagonal of a Gram matrix.
func (l ridge) addTo(gram linalg.Matrix[float64]) {
	for j := range gram.Rows {
		gram.Data[j*gram.Stride+j] += float64(l)
	}
}

// ridgeFit solves least squares with a ridge towards given weights, for one
// Gram matrix X·Xᵀ:
//
//	W = argmin ‖A − WX‖² + λ‖W − W₀‖² = W₀ + (A·Xᵀ − W₀·X·Xᵀ)(X·Xᵀ + λI)⁻¹
//
// The system is factored in float64, since its condition number is the square
// of X's. What is solved in T is the correction of W₀ alone.
type ridgeFit[T linalg.Float] struct {
	l     linalg.Matrix[T] // Cholesky factor of X·Xᵀ + λI
	ridge ridge
}

// newRidgeFit takes the lower triangle of the Gram matrix, and the ridge as a
// share of its mean diagonal.
func newRidgeFit[T linalg.Float](pool *linalg.Pool, gram linalg.Matrix[float64], share float64) (*ridgeFit[T], error) {
	fit := &ridgeFit[T]{ridge: ridgeOf(gram, share)}
	l := linalg.Convert[float64](pool, gram)
	defer linalg.GiveBack(pool, l)
	fit.ridge.addTo(l)
	if err := linalg.Potrf(pool, l); err != nil {
		return nil, fmt.Errorf("prune: weight update: X·Xᵀ + λI: %w", err)
	}
	fit.l = linalg.Convert[T](pool, l)
	return fit, nil
}

// solve stores the solution in w, for a target whose regression has the fit's
// Gram matrix.
func (f *ridgeFit[T]) solve(pool *linalg.Pool, w, w0 linalg.Matrix[T], target *regression[T]) {
	r := target.residual(pool, w0)
	defer linalg.GiveBack(pool, r)
	linalg.SolveCholesky(pool, f.l, r)
	pool.For(w.Rows, func(i int) {
		wi, ri := w.Row(i), r.Row(i)
		for j, v := range w0.Row(i) {
			wi[j] = v + ri[j]
		}
	})
}
