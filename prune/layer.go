package prune

import "sparsellm/linalg"

// layer is a matrix of a network that is pruned more than once. Its
// quantisation grids are found the first time and kept.
type layer[T linalg.Float] struct {
	name   string
	w      linalg.Matrix[T]
	bias   []T
	dense  linalg.Matrix[T] // W₀, if a ridge pulls towards it or its zeros are kept
	spec   Spec
	method Method[T] // nil: a sweep
	grids  []grid[T]
}

// prune prunes the matrix for the output that it has, h being the Hessian of
// its input.
func (l *layer[T]) prune(pool *linalg.Pool, h *Hessian[T]) error {
	if l.method != nil {
		if l.spec.KeepMask {
			zeroWhere(l.w, l.dense)
		}
		return l.method.Prune(pool, l.w, h, l.spec)
	}
	if err := l.spec.CheckColumns(l.w.Cols); err != nil {
		return err
	}
	f, err := h.Factor(pool, l.spec.Damping)
	if err != nil {
		return err
	}
	l.sweep(pool, f)
	return nil
}

func (l *layer[T]) sweep(pool *linalg.Pool, f *Factor[T]) {
	if l.spec.quantises() && l.grids == nil {
		l.grids = rowGrids(l.w, l.spec.Bits)
	}
	var forced linalg.Matrix[T]
	if l.spec.KeepMask {
		forced = l.dense
	}
	sweep(pool, l.w, f, l.spec, l.grids, forced)
}

// pruneTraced is prune, which trace looks at.
func (l *layer[T]) pruneTraced(pool *linalg.Pool, h *Hessian[T], trace weightTrace) error {
	return trace.run("pruned", 0, false, func() error { return l.prune(pool, h) })
}

// update fits the matrix to a target, W ← argmin ‖A − WX‖² + λ‖W − W₀‖², and
// prunes it, h being the Hessian of X.
func (l *layer[T]) update(pool *linalg.Pool, target *regression[T], fit *ridgeFit[T], h *Hessian[T], trace weightTrace) error {
	err := trace.run("updated", fit.ridge, true, func() error {
		fit.solve(pool, l.w, l.dense, target)
		return nil
	})
	if err != nil {
		return err
	}
	return l.pruneTraced(pool, h, trace)
}
