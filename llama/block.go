package llama

import (
	"fmt"

	"sparsellm/internal/decoder"
	"sparsellm/linalg"
	"sparsellm/model"
)

// block is one decoder block:
//
//	x ← x + o·attention(rotate(q·norm(x)), rotate(k·norm(x)), v·norm(x))
//	x ← x + down·(silu(gate·norm(x)) ∘ up·norm(x))
type block[T linalg.Float] struct {
	heads             decoder.Attention
	rotations         *rotations[T]
	eps               float64
	q, k, v, o        *model.Linear[T]
	up, gate, down    *model.Linear[T]
	attnNorm, ffnNorm []T
}

func newBlock[T linalg.Float](l *decoder.Loader[T], m *transformer[T], i int) *block[T] {
	c := &m.cfg
	prefix := fmt.Sprintf("%s%d.", c.kind.Blocks, i)
	d, f := c.Hidden, c.Intermediate
	q, kv := c.Heads*c.HeadDim, c.KVHeads*c.HeadDim
	return &block[T]{
		heads:     decoder.Attention{Heads: c.Heads, KVHeads: c.KVHeads, HeadDim: c.HeadDim, Window: c.layers.of(i)},
		rotations: m.rotations,
		eps:       c.eps,
		q:         l.Linear(prefix, "self_attn.q_proj", model.AttnInput, q, d, c.qkvBias),
		k:         l.Linear(prefix, "self_attn.k_proj", model.AttnInput, kv, d, c.qkvBias),
		v:         l.Linear(prefix, "self_attn.v_proj", model.AttnInput, kv, d, c.qkvBias),
		o:         l.Linear(prefix, "self_attn.o_proj", model.AttnOutput, d, q, c.oBias),
		up:        l.Linear(prefix, "mlp.up_proj", model.FFNInput, f, d, c.ffnBias),
		gate:      l.Linear(prefix, "mlp.gate_proj", model.FFNInput, f, d, c.ffnBias),
		down:      l.Linear(prefix, "mlp.down_proj", model.FFNHidden, d, f, c.ffnBias),
		attnNorm:  l.Vector(prefix+"input_layernorm.weight", d),
		ffnNorm:   l.Vector(prefix+"post_attention_layernorm.weight", d),
	}
}

// Linears implements model.Block.
func (b *block[T]) Linears() []*model.Linear[T] {
	return []*model.Linear[T]{b.q, b.k, b.v, b.o, b.up, b.gate, b.down}
}

// FFN implements model.Block.
func (b *block[T]) FFN() model.FFN[T] {
	return model.FFN[T]{Up: b.up, Gate: b.gate, Down: b.down, Activation: model.SiLU}
}

// Heads implements model.Block.
func (b *block[T]) Heads(pool *linalg.Pool, s *model.Scratch[T], dst, x linalg.Matrix[T], lengths []int, observe model.Observer[T]) {
	in := s.Matrix(x.Rows, x.Cols)
	decoder.RMSNorm(pool, in, x, b.attnNorm, b.eps)
	if observe != nil {
		observe(model.AttnInput, in)
	}
	q := s.Matrix(x.Rows, b.q.Weight.Rows)
	k := s.Matrix(x.Rows, b.k.Weight.Rows)
	v := s.Matrix(x.Rows, b.v.Weight.Rows)
	b.q.Apply(pool, q, in)
	b.k.Apply(pool, k, in)
	b.v.Apply(pool, v, in)
	at := 0
	for _, n := range lengths {
		turns := b.rotations.of(n)
		turns.rotate(pool, q.Slice(at, at+n, 0, q.Cols))
		turns.rotate(pool, k.Slice(at, at+n, 0, k.Cols))
		at += n
	}
	decoder.Attend(pool, b.heads, s, dst, q, k, v, lengths)
}

// AddHeads implements model.Block.
func (b *block[T]) AddHeads(pool *linalg.Pool, x, heads linalg.Matrix[T]) { b.o.AddTo(pool, x, heads) }

// FFNInput implements model.Block.
func (b *block[T]) FFNInput(pool *linalg.Pool, dst, x linalg.Matrix[T]) {
	decoder.RMSNorm(pool, dst, x, b.ffnNorm, b.eps)
}

// Hidden implements model.Block.
func (b *block[T]) Hidden(pool *linalg.Pool, s *model.Scratch[T], dst, in linalg.Matrix[T]) {
	gate := s.Matrix(in.Rows, b.gate.Weight.Rows)
	b.gate.Apply(pool, gate, in)
	b.up.Apply(pool, dst, in)
	decoder.EachRow(pool, in.Rows, func(t int) {
		linalg.SwiGLU(dst.Row(t), gate.Row(t), dst.Row(t))
	})
}

// AddHidden implements model.Block.
func (b *block[T]) AddHidden(pool *linalg.Pool, x, hidden linalg.Matrix[T]) {
	b.down.AddTo(pool, x, hidden)
}
