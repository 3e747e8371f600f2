package prune

import (
	"unsafe"

	"sparsellm/linalg"
)

// outputFit is what the network can now make of its input: the regressions of
// Y − b₂ on the activations φ(W₁X), over the tokens that are fitted, and over
// those that are held out, if any are.
type outputFit[T linalg.Float] struct {
	fitted, held *regression[T]
	m            *preactivations[T] // of the tokens that are fitted, if there is memory to keep them
}

// giveBack ends the use of o, which may be nil.
func (o *outputFit[T]) giveBack(pool *linalg.Pool) {
	if o == nil {
		return
	}
	o.fitted.giveBack(pool)
	if o.held != nil {
		o.held.giveBack(pool)
	}
	o.m.giveBack(pool)
}

// produce runs the first matrices, which have changed, on X.
func (s *sparseLLM[T]) produce() {
	if s.now != s.onBest {
		s.now.giveBack(s.pool)
	}
	now := &outputFit[T]{}
	var x T
	bytes := s.fitted * s.net.Up.Rows * len(s.first()) * int(unsafe.Sizeof(x))
	if s.prob.Storage == nil && !s.prob.anew() && bytes <= SpareBytes {
		now.m = s.newPreactivations(s.pool, s.fitted, true)
	}
	now.fitted = s.onActivations(0, s.fitted, now.m)
	if s.fitted < s.x.Rows {
		now.held = s.onActivations(s.fitted, s.x.Rows, nil)
	}
	s.now = now
}

// onActivations returns the regression of Y − b₂ on the activations φ(W₁X) that
// the network now has for the tokens from ≤ t < to. It leaves its
// preactivations in m, if that is not nil; from is 0 then.
func (a *alternation[T]) onActivations(from, to int, m *preactivations[T]) *regression[T] {
	reg := newRegression(a.pool, a.down.w.Rows, a.down.w.Cols, a.acc)
	scope := a.pool.Scope()
	defer scope.End()
	n := min(a.chunk, to-from)
	p := linalg.Take[T](scope, n, a.down.w.Cols)
	if m == nil {
		m = a.newPreactivations(scope, n, false)
	}
	for c := range a.chunks(from, to) {
		c.p, c.m = p.Slice(0, c.x.Rows, 0, p.Cols), m.inChunk(c)
		a.preactivate(c.m, c.x)
		a.phi.activate(a.pool, c.p, c.m.up, c.m.gate)
		reg.add(a.pool, c.y, c.p)
	}
	return reg
}
