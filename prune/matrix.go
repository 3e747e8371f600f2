package prune

import "sparsellm/linalg"

// local is one matrix of a network that is pruned more than once. Its
// quantisation grids are found the first time and kept.
type local[T linalg.Float] struct {
	name   string
	w      linalg.Matrix[T]
	dense  linalg.Matrix[T] // as it was, if a ridge pulls towards it or its zeros are kept
	spec   Spec
	method Method[T] // nil: a sweep
	grids  []grid[T]
}

// prune prunes the matrix for the output that it has, h being the Hessian of
// its input.
func (l *local[T]) prune(pool *linalg.Pool, h *Hessian[T]) error {
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

func (l *local[T]) sweep(pool *linalg.Pool, f *Factor[T]) {
	if l.spec.quantises() && l.grids == nil {
		l.grids = rowGrids(l.w, l.spec.Bits)
	}
	var forced linalg.Matrix[T]
	if l.spec.KeepMask {
		forced = l.dense
	}
	sweep(pool, l.w, f, l.spec, l.grids, forced)
}
