package prune

import "sparsellm/linalg"

// preactivations are those of a network, tokens × intermediate: W₁X + b₁ and,
// if gated, W_gX + b_g.
type preactivations[T linalg.Float] struct {
	up, gate linalg.Matrix[T]
	whole    bool // they are of all tokens, rather than a buffer for a chunk of them
}

// SpareBytes is how much memory preactivations may take to be kept for the z
// and s steps and for the network's output, which otherwise compute them once
// more: as they do where memory is so short that z and s are not in it.
const SpareBytes = 128 << 20

func (a *alternation[T]) newPreactivations(pool *linalg.Pool, tokens int, whole bool) *preactivations[T] {
	m := &preactivations[T]{up: linalg.Take[T](pool, tokens, a.net.Up.Rows), whole: whole}
	if a.net.gated() {
		m.gate = linalg.Take[T](pool, tokens, a.net.Up.Rows)
	}
	return m
}

// giveBack ends the use of m, which may be nil.
func (m *preactivations[T]) giveBack(pool *linalg.Pool) {
	if m != nil {
		linalg.GiveBack(pool, m.up, m.gate)
	}
}

// inChunk returns a view of those of a chunk.
func (m *preactivations[T]) inChunk(c chunk[T]) preactivations[T] {
	if m.whole {
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
	affine(a.pool, m.up, x, a.up.w, a.up.bias)
	if a.gate != nil {
		affine(a.pool, m.gate, x, a.gate.w, a.gate.bias)
	}
}
