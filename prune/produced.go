package prune

import (
	"unsafe"

	"sparsellm/linalg"
)

// produced is what the network now makes of its input.
type produced[T linalg.Float] struct {
	// The regressions of Y − b₂ on the activations φ(W₁X): over the tokens that
	// are fitted, and over those that are held out, if any are.
	fit, held *regression[T]
	// m are those of the tokens that are fitted; nil if they have not been kept.
	m *preactivations[T]
}

// giveBack ends the use of n, which may be nil.
func (n *produced[T]) giveBack(pool *linalg.Pool) {
	if n == nil {
		return
	}
	n.fit.giveBack(pool)
	if n.held != nil {
		n.held.giveBack(pool)
	}
	n.m.giveBack(pool)
}

// preactivations are those of a network, tokens × intermediate: W₁X + b₁ and,
// if gated, W_gX + b_g.
type preactivations[T linalg.Float] struct {
	up, gate linalg.Matrix[T]
	kept     bool // they are of all tokens, rather than a buffer for a chunk of them
}

func (a *alternation[T]) newPreactivations(pool *linalg.Pool, tokens int, keep bool) *preactivations[T] {
	f, m := a.net.Up.Rows, &preactivations[T]{kept: keep}
	m.up = linalg.Take[T](pool, tokens, f)
	if a.net.gated() {
		m.gate = linalg.Take[T](pool, tokens, f)
	}
	return m
}

// giveBack ends the use of m, which may be nil.
func (m *preactivations[T]) giveBack(pool *linalg.Pool) {
	if m != nil {
		linalg.GiveBack(pool, m.up, m.gate)
	}
}

// of returns a view of those of a chunk.
func (m *preactivations[T]) of(c chunk[T]) preactivations[T] {
	if m.kept {
		return m.rows(c.token, c.token+c.x.Rows)
	}
	return m.rows(0, c.x.Rows)
}

func (m *preactivations[T]) rows(t0, t1 int) preactivations[T] {
	v := preactivations[T]{up: m.up.Slice(t0, t1, 0, m.up.Cols)}
	if m.gate.Rows > 0 {
		v.gate = m.gate.Slice(t0, t1, 0, m.gate.Cols)
	}
	return v
}

// preactivate computes m of a chunk's input x.
func (a *alternation[T]) preactivate(m preactivations[T], x linalg.Matrix[T]) {
	affine(a.pool, m.up, x, a.net.Up, a.net.UpBias)
	if a.net.gated() {
		affine(a.pool, m.gate, x, a.net.Gate, a.net.GateBias)
	}
}

// SpareBytes is how much memory preactivations may take to be kept for the z
// and s steps and for the network's output, which otherwise compute them once
// more: as they do where memory is so short that z and s are not in it.
const SpareBytes = 128 << 20

// produce computes what the network produces now, after its first matrices
// have changed.
func (s *coupled[T]) produce() {
	if s.now != s.onBest {
		s.now.giveBack(s.pool)
	}
	now := &produced[T]{}
	var x T
	bytes := s.fitted * s.net.Up.Rows * len(s.first) * int(unsafe.Sizeof(x))
	if s.prob.Storage == nil && !s.prob.anew() && bytes <= SpareBytes {
		now.m = s.newPreactivations(s.pool, s.fitted, true)
	}
	now.fit = s.actual(0, s.fitted, now.m)
	if s.fitted < s.x.Rows {
		now.held = s.actual(s.fitted, s.x.Rows, nil)
	}
	s.now = now
}

// actual returns the regression of Y − b₂ on the activations φ(W₁X) that the
// network now produces for the tokens from ≤ t < to. It leaves its
// preactivations in m, if that is not nil; from is 0 then.
func (a *alternation[T]) actual(from, to int, m *preactivations[T]) *regression[T] {
	reg := a.newRegression()
	n := min(a.chunk, to-from)
	scope := a.pool.Scope()
	defer scope.End()
	p := linalg.Take[T](scope, n, a.net.Up.Rows)
	if m == nil {
		m = a.newPreactivations(scope, n, false)
	}
	a.eachChunk(from, to, func(c chunk[T]) {
		m, p := m.of(c), p.Slice(0, c.x.Rows, 0, p.Cols)
		a.preactivate(m, c.x)
		activate(a.pool, p, m.up, m.gate)
		reg.add(a.pool, c.y, p)
	})
	return reg
}
