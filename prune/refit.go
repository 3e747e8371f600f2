package prune

import "sparsellm/linalg"

// Refit prunes a matrix whose input has changed since its output was right,
// because what comes before it has been pruned: with X₀ the input that the
// dense weights W₀ had and X the one that is left,
//
//	min ‖W₀X₀ − WX‖² + λ‖W − W₀‖²,  W sparse.
type Refit[T linalg.Float] struct {
	dense linalg.Matrix[T]
	reg   *regression[T]
}

// NewRefit takes a copy of the dense weights, out × in.
func NewRefit[T linalg.Float](w linalg.Matrix[T]) *Refit[T] {
	return &Refit[T]{dense: w.Clone(), reg: newRegression[T](w.Rows, w.Cols)}
}

// Add accumulates one sample's inputs, tokens × in: of the dense weights and
// of the pruned ones.
func (f *Refit[T]) Add(pool *linalg.Pool, before, now linalg.Matrix[T]) {
	target := linalg.NewMatrix[T](before.Rows, f.dense.Rows)
	affine(pool, target, before, f.dense, nil)
	f.reg.add(pool, target, now)
}

// Prune stores the pruned weights in w and returns the Hessian of the input
// that is left, of so many samples.
func (f *Refit[T]) Prune(pool *linalg.Pool, w linalg.Matrix[T], samples int, spec Spec) (*Hessian[T], error) {
	if err := spec.CheckColumns(w.Cols); err != nil {
		return nil, err
	}
	return f.reg.refit(pool, &local[T]{w: w, dense: f.dense, spec: spec}, samples, nil)
}

// refit fits l to the regression with a ridge, prunes it by a sweep, and fits
// what is left once more on its support, unless it is quantised. It returns
// the Hessian of the regression's inputs, of so many samples.
func (r *regression[T]) refit(pool *linalg.Pool, l *local[T], samples int, w watch) (*Hessian[T], error) {
	h := r.hessian(samples)
	f, err := h.Factor(pool, l.spec.Damping)
	if err != nil {
		return nil, err
	}
	fit, err := newRidgeFit(pool, r.gram, ridge)
	if err != nil {
		return nil, err
	}
	w.do("updated", fit.lambda, true, func() { solveRidge(pool, fit, l.w, r.cross, l.dense) })
	w.do("pruned", 0, false, func() { l.sweep(pool, f) })
	if !l.spec.quantises() {
		w.do("refitted", polishRidge*meanDiagonal(r.gram), true, func() { r.polish(pool, l.w, l.dense, polishRidge) })
	}
	return h, nil
}
