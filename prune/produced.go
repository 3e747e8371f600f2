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
	// m is of the tokens that are fitted; nil if it has not been kept.
	m *preactivations[T]
}

// preactivations are those of a network, tokens × intermediate: W₁X + b₁ and,
// if gated, W_gX + b_g.
type preactivations[T linalg.Float] struct {
	up, gate linalg.Matrix[T]
	kept     bool // they are of all tokens, rather than a buffer for a chunk of them
}

func (a *alternation[T]) newPreactivations(tokens int, keep bool) *preactivations[T] {
	f, m := a.net.Up.Rows, &preactivations[T]{kept: keep}
	m.up = linalg.NewMatrix[T](tokens, f)
	if a.net.gated() {
		m.gate = linalg.NewMatrix[T](tokens, f)
	}
	return m
}

// of returns a view of those of a chunk.
func (m *preactivations[T]) of(c chunk[T]) preactivations[T] {
	t0 := 0
	if m.kept {
		t0 = c.token
	}
	rows := func(m linalg.Matrix[T]) linalg.Matrix[T] {
		if m.Rows == 0 {
			return m
		}
		return m.Slice(t0, t0+c.x.Rows, 0, m.Cols)
	}
	return preactivations[T]{up: rows(m.up), gate: rows(m.gate)}
}

// preactivate computes m of a chunk's input x.
func (a *alternation[T]) preactivate(m preactivations[T], x linalg.Matrix[T]) {
	affine(a.pool, m.up, x, a.net.Up, a.net.UpBias)
	if a.net.gated() {
		affine(a.pool, m.gate, x, a.net.Gate, a.net.GateBias)
	}
}

// spareBytes is how much memory preactivations may take to be kept for the z
// and s steps, which otherwise compute them once more: as they do where memory
// is so short that z and s are not in it.
const spareBytes = 128 << 20

func (s *coupled[T]) produced() *produced[T] {
	now := &produced[T]{}
	next := max(s.epoch+1, 2) // the epoch that updates the auxiliary variables next
	var x T
	bytes := s.fitted * s.net.Up.Rows * len(s.first) * int(unsafe.Sizeof(x))
	if next < s.prob.Epochs && s.prob.Storage == nil && bytes <= spareBytes {
		now.m = s.newPreactivations(s.fitted, true)
	}
	now.fit = s.actual(0, s.fitted, now.m)
	if s.fitted < s.x.Rows {
		now.held = s.actual(s.fitted, s.x.Rows, nil)
	}
	return now
}

// actual returns the regression of Y − b₂ on the activations φ(W₁X) that the
// network now produces for the tokens from ≤ t < to. It leaves its
// preactivations in m, if that is not nil; from is 0 then.
func (a *alternation[T]) actual(from, to int, m *preactivations[T]) *regression[T] {
	reg := a.newRegression()
	n := min(chunkTokens, to-from)
	p := linalg.NewMatrix[T](n, a.net.Up.Rows)
	if m == nil {
		m = a.newPreactivations(n, false)
	}
	a.eachChunk(from, to, func(c chunk[T]) {
		m, p := m.of(c), p.Slice(0, c.x.Rows, 0, p.Cols)
		a.preactivate(m, c.x)
		activate(a.pool, p, m.up, m.gate)
		reg.add(a.pool, c.y, p)
	})
	return reg
}
