package opt

import (
	"fmt"

	"sparsellm/internal/decoder"
	"sparsellm/linalg"
	"sparsellm/model"
)

// block is one decoder block. With the norm first (all sizes but 350M):
//
//	x ← x + attention(norm(x))
//	x ← x + fc2·relu(fc1·norm(x))
//
// and with the norm last:
//
//	x ← norm(x + attention(x))
//	x ← norm(x + fc2·relu(fc1·x))
type block[T linalg.Float] struct {
	heads            decoder.Attention
	normFirst        bool
	q, k, v, out     *model.Linear[T]
	fc1, fc2         *model.Linear[T]
	attnNorm, fcNorm norm[T]
}

func newBlock[T linalg.Float](l *decoder.Loader[T], c *config, i int) *block[T] {
	prefix := fmt.Sprintf("%s%d.", c.names.Blocks, i)
	d, f := c.Hidden, c.Intermediate
	return &block[T]{
		heads:     decoder.Attention{Heads: c.Heads, KVHeads: c.KVHeads, HeadDim: c.HeadDim},
		normFirst: c.normFirst,
		k:         l.Linear(prefix, "self_attn.k_proj", model.AttnInput, d, d, c.bias),
		v:         l.Linear(prefix, "self_attn.v_proj", model.AttnInput, d, d, c.bias),
		q:         l.Linear(prefix, "self_attn.q_proj", model.AttnInput, d, d, c.bias),
		out:       l.Linear(prefix, "self_attn.out_proj", model.AttnOutput, d, d, c.bias),
		fc1:       l.Linear(prefix, "fc1", model.FFNInput, f, d, c.bias),
		fc2:       l.Linear(prefix, "fc2", model.FFNHidden, d, f, c.bias),
		attnNorm:  newNorm(l, prefix+"self_attn_layer_norm", c),
		fcNorm:    newNorm(l, prefix+"final_layer_norm", c),
	}
}

// Linears implements model.Block.
func (b *block[T]) Linears() []*model.Linear[T] {
	return []*model.Linear[T]{b.k, b.v, b.q, b.out, b.fc1, b.fc2}
}

// FFN implements model.Block.
func (b *block[T]) FFN() model.FFN[T] {
	return model.FFN[T]{Up: b.fc1, Down: b.fc2, Activation: model.ReLU}
}

// Heads implements model.Block.
func (b *block[T]) Heads(pool *linalg.Pool, s *model.Scratch[T], dst, x linalg.Matrix[T], lengths []int, observe model.Observer[T]) {
	d := x.Cols
	in := x
	if b.normFirst {
		in = s.Matrix(x.Rows, d)
		b.attnNorm.run(pool, in, x)
	}
	if observe != nil {
		observe(model.AttnInput, in)
	}
	q, k, v := s.Matrix(x.Rows, d), s.Matrix(x.Rows, d), s.Matrix(x.Rows, d)
	b.q.Apply(pool, q, in)
	b.k.Apply(pool, k, in)
	b.v.Apply(pool, v, in)
	decoder.Attend(pool, b.heads, s, dst, q, k, v, lengths)
}

// AddHeads implements model.Block.
func (b *block[T]) AddHeads(pool *linalg.Pool, x, heads linalg.Matrix[T]) {
	b.out.AddTo(pool, x, heads)
	if !b.normFirst {
		b.attnNorm.run(pool, x, x)
	}
}

// FFNInput implements model.Block.
func (b *block[T]) FFNInput(pool *linalg.Pool, dst, x linalg.Matrix[T]) {
	if b.normFirst {
		b.fcNorm.run(pool, dst, x)
	} else {
		linalg.Copy(dst, x)
	}
}

// Hidden implements model.Block.
func (b *block[T]) Hidden(pool *linalg.Pool, _ *model.Scratch[T], dst, in linalg.Matrix[T]) {
	b.fc1.Apply(pool, dst, in)
	relu(pool, dst)
}

// AddHidden implements model.Block.
func (b *block[T]) AddHidden(pool *linalg.Pool, x, hidden linalg.Matrix[T]) {
	b.fc2.AddTo(pool, x, hidden)
	if !b.normFirst {
		b.fcNorm.run(pool, x, x)
	}
}

func relu[T linalg.Float](pool *linalg.Pool, x linalg.Matrix[T]) {
	decoder.EachRow(pool, x.Rows, func(t int) {
		row := x.Row(t)
		for i, v := range row {
			row[i] = max(v, 0)
		}
	})
}

// norm is a LayerNorm.
type norm[T linalg.Float] struct{ weight, bias []T }

func newNorm[T linalg.Float](l *decoder.Loader[T], name string, c *config) norm[T] {
	if !c.affine {
		return norm[T]{}
	}
	return norm[T]{l.Vector(name+".weight", c.Hidden), l.Vector(name+".bias", c.Hidden)}
}

func (n norm[T]) run(pool *linalg.Pool, dst, x linalg.Matrix[T]) {
	decoder.LayerNorm(pool, dst, x, n.weight, n.bias, normEps)
}
