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
	stages       []*model.Stage[T]
	q, k, v      *model.Linear[T] // or:
	qkv          *model.Linear[T]
	o            *model.Linear[T]
	qNorm, kNorm headNorms[T]
	desc         AttentionDescription
	heads        Attention
	rotations    *rotations[T] // nil where nothing turns
}

func newAttention[T linalg.Float](l *Loader[T], m *transformer[T], b BlockDescription) *attention[T] {
	c, desc := m.desc.Config, b.Attention
	query, key := c.Heads*c.HeadDim, c.KVHeads*c.HeadDim
	a := &attention[T]{
		branch: newBranch(l, &m.desc, b, desc.Norms),
		desc:   desc,
		heads: Attention{Heads: c.Heads, KVHeads: c.KVHeads, HeadDim: c.HeadDim,
			Window: desc.Window, Scale: desc.Scale, Cap: desc.Cap},
		rotations: m.rotationsOf(desc.Rope),
	}
	if desc.ALiBi {
		a.heads.Slopes = alibiSlopes(c.Heads)
	}
	var first []*model.Linear[T]
	if desc.QKV.Name != "" {
		a.qkv = l.Linear(desc.QKV, query+2*key, c.Hidden)
		first = []*model.Linear[T]{a.qkv}
	} else {
		a.q = l.Linear(desc.Q, query, c.Hidden)
		a.k = l.Linear(desc.K, key, c.Hidden)
		a.v = l.Linear(desc.V, key, c.Hidden)
		first = []*model.Linear[T]{a.q, a.k, a.v}
		if desc.KeysFirst {
			first = []*model.Linear[T]{a.k, a.v, a.q}
		}
	}
	a.o = l.Linear(desc.O, c.Hidden, query)
	if desc.QNorm != "" {
		a.qNorm = newHeadNorms(l, m.desc.Norms, desc, desc.QNorm, c.Heads, c.HeadDim)
		a.kNorm = newHeadNorms(l, m.desc.Norms, desc, desc.KNorm, c.KVHeads, c.HeadDim)
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
	q := s.Matrix(in.Rows, a.heads.Heads*a.heads.HeadDim)
	k := s.Matrix(in.Rows, a.heads.KVHeads*a.heads.HeadDim)
	v := s.Matrix(in.Rows, k.Cols)
	a.project(pool, s, q, k, v, in)
	a.adjust(pool, q, k, v)
	a.turn(seq, func(t *turns[T], before, from, to int) {
		t.rotate(pool, before, a.heads.HeadDim, q.Slice(from, to, 0, q.Cols))
		t.rotate(pool, before, a.heads.HeadDim, k.Slice(from, to, 0, k.Cols))
	})
	if seq.Shared != nil {
		attendShared(pool, a.heads, s, dst, q, k, v, seq)
	} else {
		before := seq.Cache.Len()
		if seq.Cache != nil {
			k, v = seq.Cache.Append(k, v)
		}
		Attend(pool, a.heads, s, dst, q, k, v, before, seq.Cache.Dropped(), seq.Lengths)
		if seq.Cache != nil && a.desc.Window > 0 {
			seq.Cache.Trim(a.desc.Window - 1)
		}
	}
	if observe != nil {
		observe(a.stages[1], dst)
	}
}

// project computes what queries, keys and values are before adjust.
func (a *attention[T]) project(pool *linalg.Pool, s *model.Scratch[T], q, k, v, in linalg.Matrix[T]) {
	if a.qkv == nil {
		model.ApplyEach(pool, []*model.Linear[T]{a.q, a.k, a.v}, []linalg.Matrix[T]{q, k, v}, in)
	} else {
		all := s.Matrix(in.Rows, a.qkv.Weight.Outputs())
		a.qkv.Apply(pool, all, in)
		dim := a.heads.HeadDim
		EachRow(pool, in.Rows, func(t int) {
			row := all.Row(t)
			for h := range a.heads.Heads {
				for i, m := range []linalg.Matrix[T]{q, k, v} {
					copy(m.Row(t)[h*dim:(h+1)*dim], row[(3*h+i)*dim:])
				}
			}
		})
	}
}

// adjust norms and clips queries, keys and values.
func (a *attention[T]) adjust(pool *linalg.Pool, q, k, v linalg.Matrix[T]) {
	a.qNorm.run(pool, q)
	a.kNorm.run(pool, k)
	if clip := T(a.desc.Clip); clip > 0 {
		for _, m := range []linalg.Matrix[T]{q, k, v} {
			for i, x := range m.Data {
				m.Data[i] = min(max(x, -clip), clip)
			}
		}
	}
}

// turn calls f, where positions turn, with the turns of each sequence, how many
// positions come before its rows, and which rows those are.
func (a *attention[T]) turn(seq model.Sequences[T], f func(t *turns[T], before, from, to int)) {
	if a.rotations == nil {
		return
	}
	at := 0
	for i, n := range seq.Lengths {
		before := seq.Before(i)
		f(a.rotations.of(before+n), before, at, at+n)
		at += n
	}
}

// Add implements model.Sublayer.
func (a *attention[T]) Add(pool *linalg.Pool, x, inner linalg.Matrix[T]) {
	a.add(pool, x, inner, a.o)
}
