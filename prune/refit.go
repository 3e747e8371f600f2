package prune

import "sparsellm/linalg"

// ridges are those of the two fits of a matrix, as shares of the mean square of
// its inputs: of all its weights, before they are pruned, and of those that
// pruning has kept, which are fewer and go astray less.
type ridges struct{ fit, polish float64 }

// How strongly to hold on to the dense weights was measured on SmolLM2: with
// less the fits follow the calibration text alone.
var (
	outRidges  = ridges{0.5, 0.3} // of the attention's output
	downRidges = ridges{0.3, 0.1} // of a feed-forward network's last matrix
)

// inputRidge is that of the fit of W₁ to z, which stands near W₁X already.
const inputRidge = 0.001

// Refit prunes a matrix whose input has changed since its output was right,
// because what comes before it has been pruned: with X₀ the input that the
// dense weights W₀ had and X the one that is left,
//
//	min ‖W₀X₀ − WX‖² + λ‖W − W₀‖²,  W sparse.
type Refit[T linalg.Float] struct {
	pool *linalg.Pool // a scope, which ends with Prune
	l    *layer[T]
	reg  *regression[T]
}

// NewRefit takes a copy of the dense weights w, out × in, and how they are to
// be pruned, which a nil method does by a sweep. What it takes of the pool's
// memory Prune gives back.
func NewRefit[T linalg.Float](pool *linalg.Pool, w linalg.Matrix[T], spec Spec, method Method[T]) *Refit[T] {
	pool = pool.Scope()
	return &Refit[T]{
		pool: pool,
		l:    &layer[T]{w: w, dense: linalg.TakeCopy(pool, w), spec: spec, method: method},
		reg:  newRegression(pool, w.Rows, w.Cols, &accumulator[T]{}),
	}
}

// Add accumulates one sample's inputs, tokens × in: of the dense weights and
// of the pruned ones.
func (f *Refit[T]) Add(before, now linalg.Matrix[T]) {
	target := linalg.Take[T](f.pool, before.Rows, f.l.dense.Rows)
	defer linalg.GiveBack(f.pool, target)
	affine(f.pool, target, before, f.l.dense, nil)
	f.reg.add(f.pool, target, now)
}

// Prune stores the pruned weights in the matrix that NewRefit was given and
// returns the Hessian of the input that is left, of so many samples. The refit
// is of no use after it.
func (f *Refit[T]) Prune(samples int) (*Hessian[T], error) {
	defer f.pool.End()
	h, err := f.reg.refit(f.pool, f.l, samples, outRidges, nil)
	if err != nil {
		return nil, err
	}
	residual := f.reg.residual(f.pool, f.l.w)
	if err := f.reg.polishKept(f.pool, f.l, outRidges, residual, nil); err != nil {
		return nil, err
	}
	if err := Settle(f.pool, f.l.w, h, f.l.spec); err != nil {
		return nil, err
	}
	h.handOver(f.pool)
	return h, nil
}

// refit fits l to the regression with a ridge and prunes it. It returns the
// Hessian of the regression's inputs, of so many samples.
func (r *regression[T]) refit(pool *linalg.Pool, l *layer[T], samples int, by ridges, trace weightTrace) (*Hessian[T], error) {
	h := r.hessian(pool, samples)
	if err := h.Check(pool); err != nil {
		return nil, err
	}
	fit, err := newRidgeFit[T](pool, r.gram, by.fit)
	if err != nil {
		return nil, err
	}
	defer linalg.GiveBack(pool, fit.l)
	return h, l.update(pool, r, fit, h, trace)
}

// polishKept fits the weights that pruning has kept once more, on their
// support, unless they are quantised. residual is that of l's weights, on entry
// and on return.
func (r *regression[T]) polishKept(pool *linalg.Pool, l *layer[T], by ridges, residual linalg.Matrix[T], trace weightTrace) error {
	if l.spec.quantises() {
		return nil
	}
	pull := ridgeOf(r.gram, by.polish)
	return trace.run("refitted", pull, true, func() error {
		r.polish(pool, l.w, l.dense, residual, pull)
		return nil
	})
}
