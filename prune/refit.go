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
	fit, err := newRidgeFit(pool, f.reg.gram, Knobs.Ridge)
	if err != nil {
		return nil, err
	}
	h := f.reg.hessian(samples)
	solveRidge(pool, fit, w, f.reg.cross, f.dense)
	if err := (SparseGPT[T]{}).Prune(pool, w, h, spec); err != nil {
		return nil, err
	}
	if Knobs.Polish >= 0 {
		f.reg.polish(pool, w, f.dense, Knobs.Polish)
	}
	return h, nil
}
