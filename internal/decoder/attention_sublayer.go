package decoder

import (
	"sparsellm/linalg"
	"sparsellm/model"
)

// attention is the attention sublayer:
//
//	x ← x + o·attend(turn(q·norm(x)), turn(k·norm(x)), v·norm(x))
//
// or, with the norm last, x ← norm(x + o·attend(…x)).
type attention[T linalg.Float] struct {
	branch[T]
	stages     []*model.Stage[T]
	q, k, v, o *model.Linear[T]
	heads      Attention
	rotations  *rotations[T] // nil where nothing turns
}

func newAttention[T linalg.Float](l *Loader[T], m *transformer[T], b BlockDescription) *attention[T] {
	c, desc := m.desc.Config, b.Attention
	query, key := c.Heads*c.HeadDim, c.KVHeads*c.HeadDim
	a := &attention[T]{
		branch:    newBranch(l, &m.desc, desc.Norm, b.NormLast),
		heads:     Attention{Heads: c.Heads, KVHeads: c.KVHeads, HeadDim: c.HeadDim, Window: desc.Window},
		rotations: m.rotations,
		q:         l.Linear(desc.Q, query, c.Hidden),
		k:         l.Linear(desc.K, key, c.Hidden),
		v:         l.Linear(desc.V, key, c.Hidden),
		o:         l.Linear(desc.O, c.Hidden, query),
	}
	first := []*model.Linear[T]{a.q, a.k, a.v}
	if desc.KeysFirst {
		first = []*model.Linear[T]{a.k, a.v, a.q}
	}
	a.stages = []*model.Stage[T]{{Linears: first, Width: c.Hidden}, {Linears: []*model.Linear[T]{a.o}, Width: query}}
	return a
}

// Stages implements model.Sublayer.
func (a *attention[T]) Stages() []*model.Stage[T] { return a.stages }

// Networks implements model.Sublayer.
func (a *attention[T]) Networks() []model.Network[T] { return nil }

// Width implements model.Sublayer.
func (a *attention[T]) Width() int { return a.stages[1].Width }

// Inner implements model.Sublayer.
func (a *attention[T]) Inner(pool *linalg.Pool, s *model.Scratch[T], dst, in linalg.Matrix[T], seq model.Sequences[T], observe model.Observer[T]) {
	if observe != nil {
		observe(a.stages[0], in)
	}
	q := s.Matrix(in.Rows, a.q.Weight.Outputs())
	k := s.Matrix(in.Rows, a.k.Weight.Outputs())
	v := s.Matrix(in.Rows, a.v.Weight.Outputs())
	a.q.Apply(pool, q, in)
	a.k.Apply(pool, k, in)
	a.v.Apply(pool, v, in)
	before := seq.Cache.Len()
	if a.rotations != nil {
		at := 0
		for _, n := range seq.Lengths {
			turns := a.rotations.of(before + n)
			turns.rotate(pool, before, q.Slice(at, at+n, 0, q.Cols))
			turns.rotate(pool, before, k.Slice(at, at+n, 0, k.Cols))
			at += n
		}
	}
	if seq.Cache != nil {
		k, v = seq.Cache.Append(k, v)
	}
	Attend(pool, a.heads, s, dst, q, k, v, before, seq.Lengths)
	if observe != nil {
		observe(a.stages[1], dst)
	}
}

// Add implements model.Sublayer.
func (a *attention[T]) Add(pool *linalg.Pool, x, inner linalg.Matrix[T]) {
	a.o.AddTo(pool, x, inner)
	a.end(pool, x)
}
