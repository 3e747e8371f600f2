package prune

import "sparsellm/linalg"

// FFN is the feed-forward network of a block. With d the hidden and f the
// intermediate size, Up and Gate are f × d and Down is d × f.
//
//	no Gate (OPT):    z = W₁x + b₁,             p = φ(z),      y = W₂p + b₂
//	Gate (LLaMA):     z = W_up·x, s = W_gate·x, p = φ(s) ∘ z,  y = W_down·p
//
// Biases may be nil. They are not pruned.
type FFN[T linalg.Float] struct {
	// Activation is φ by transformers' name for it, such as "relu" or "gelu_new";
	// CheckNetwork knows them.
	Activation                 string
	Up, Gate, Down             linalg.Matrix[T]
	UpBias, GateBias, DownBias []T
}

// gated reports whether the network has a gate.
func (n *FFN[T]) gated() bool { return n.Gate.Rows > 0 }

// clone returns a copy of the weights, which may be given back. Biases are
// shared.
func (n *FFN[T]) clone(pool *linalg.Pool) *FFN[T] {
	c := *n
	c.Up, c.Down = linalg.TakeCopy(pool, n.Up), linalg.TakeCopy(pool, n.Down)
	if n.gated() {
		c.Gate = linalg.TakeCopy(pool, n.Gate)
	}
	return &c
}

// giveBack ends the use of the weights of a clone, which may be nil.
func (n *FFN[T]) giveBack(pool *linalg.Pool) {
	if n != nil {
		linalg.GiveBack(pool, n.Up, n.Gate, n.Down)
	}
}

// affine writes x·wᵀ + bias to dst: tokens × in, out × in, tokens × out.
func affine[T linalg.Float](pool *linalg.Pool, dst, x, w linalg.Matrix[T], bias []T) {
	linalg.Gemm(pool, linalg.NoTrans, linalg.Trans, 1, x, w, 0, dst)
	addRow(pool, dst, bias)
}

// addRow adds bias, which may be nil, to every row of m.
func addRow[T linalg.Float](pool *linalg.Pool, m linalg.Matrix[T], bias []T) {
	if bias == nil {
		return
	}
	pool.For(m.Rows, func(i int) {
		row := m.Row(i)
		for j, b := range bias {
			row[j] += b
		}
	})
}
