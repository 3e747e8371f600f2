package decoder

import (
	"slices"

	"sparsellm/linalg"
	"sparsellm/model"
)

// Backward implements model.Differentiable: backAdd through o, BackAttend, and
// back through turns, clipping, norms of the heads, and q, k and v.
func (a *attention[T]) Backward(pool *linalg.Pool, x, dx linalg.Matrix[T], lengths []int, grad model.Gradient[T]) {
	w := backward[T]{pool, grad}
	query, key := a.heads.Heads*a.heads.HeadDim, a.heads.KVHeads*a.heads.HeadDim
	take := func(cols int) linalg.Matrix[T] { return linalg.Take[T](pool, x.Rows, cols) }
	in, inner, dinner := take(x.Cols), take(query), take(query)
	q, k, v := take(query), take(key), take(key)
	dq, dk, dv := take(query), linalg.TakeZero[T](pool, x.Rows, key), linalg.TakeZero[T](pool, x.Rows, key)
	defer linalg.GiveBack(pool, in, inner, dinner, q, k, v, dq, dk, dv)
	a.Read(pool, in, x)
	a.project(pool, new(model.Scratch[T]), q, k, v, in)
	var rawQ, rawK linalg.Matrix[T] // before the norms, which the way back needs
	if len(a.qNorm) > 0 {
		rawQ, rawK = linalg.TakeCopy(pool, q), linalg.TakeCopy(pool, k)
		defer linalg.GiveBack(pool, rawQ, rawK)
	}
	a.adjust(pool, q, k, v)
	var cutQ, cutK, cutV []bool
	if clip := T(a.desc.Clip); clip > 0 {
		cutQ, cutK, cutV = cut(q, clip), cut(k, clip), cut(v, clip)
	}
	seq := model.Sequences[T]{Lengths: lengths}
	a.turn(seq, func(t *turns[T], _, from, to int) {
		t.rotate(pool, 0, a.heads.HeadDim, q.Slice(from, to, 0, q.Cols))
		t.rotate(pool, 0, a.heads.HeadDim, k.Slice(from, to, 0, k.Cols))
	})
	Attend(pool, a.heads, new(model.Scratch[T]), inner, q, k, v, 0, 0, lengths)
	a.backAdd(w, dinner, dx, x, inner, a.o)
	backAttend(pool, a.heads, dq, dk, dv, dinner, q, k, v, lengths)
	a.turn(seq, func(t *turns[T], _, from, to int) {
		t.back(pool, a.heads.HeadDim, dq.Slice(from, to, 0, q.Cols))
		t.back(pool, a.heads.HeadDim, dk.Slice(from, to, 0, k.Cols))
	})
	for i, d := range []linalg.Matrix[T]{dq, dk, dv} {
		for j, is := range [][]bool{cutQ, cutK, cutV}[i] {
			if is {
				d.Data[j] = 0
			}
		}
	}
	a.qNorm.back(pool, dq, rawQ)
	a.kNorm.back(pool, dk, rawK)
	din := take(x.Cols)
	defer linalg.GiveBack(pool, din)
	if a.qkv == nil {
		w.linear(a.q, dq, in, 0, din)
		w.linear(a.k, dk, in, 1, din)
		w.linear(a.v, dv, in, 1, din)
	} else {
		dim := a.heads.HeadDim
		all := take(3 * query)
		EachRow(pool, x.Rows, func(t int) {
			row := all.Row(t)
			for h := range a.heads.Heads {
				for i, m := range []linalg.Matrix[T]{dq, dk, dv} {
					copy(row[(3*h+i)*dim:], m.Row(t)[h*dim:(h+1)*dim])
				}
			}
		})
		w.linear(a.qkv, all, in, 0, din)
		linalg.GiveBack(pool, all)
	}
	a.backRead(pool, din, x)
	Add(pool, dx, din)
}

// cut says which entries of x lie at ±clip, from where they do not move.
func cut[T linalg.Float](x linalg.Matrix[T], clip T) []bool {
	is := make([]bool, len(x.Data))
	for i, v := range x.Data {
		is[i] = v >= clip || v <= -clip
	}
	return is
}

// backAttend is the way back through Attend of whole sequences: given do, the
// derivative by its output, it writes that by the queries to dq and adds those
// by keys and values to dk and dv. With p the softmax of the scores
// s = cap·tanh(scale·q·kᵀ/cap) − bias, a tile of queries at a time:
//
//	dv += pᵀ·do
//	dp  = do·vᵀ
//	ds  = p∘(dp − Σ p∘dp)∘(1 − (s/cap)²)
//	dq  = scale·ds·k,  dk += scale·dsᵀ·q
//
// Threads share out sequences and heads of keys: the tiles of each, which add to
// the same rows, follow one another.
func backAttend[T linalg.Float](pool *linalg.Pool, a Attention, dq, dk, dv, do, q, k, v linalg.Matrix[T], lengths []int) {
	if len(lengths) == 0 {
		return
	}
	rows, longest := a.Heads/a.KVHeads*min(a.tileRows(), slices.Max(lengths)), slices.Max(lengths)
	type memory struct {
		stack[T]
		do, dp, capped linalg.Matrix[T]
	}
	free := make(chan memory, pool.Threads())
	for range cap(free) {
		m := memory{stack: stack[T]{linalg.NewMatrix[T](rows, a.HeadDim), linalg.NewMatrix[T](rows, longest)},
			do: linalg.NewMatrix[T](rows, a.HeadDim), dp: linalg.NewMatrix[T](rows, longest)}
		if a.Cap != 0 {
			m.capped = linalg.NewMatrix[T](rows, longest)
		}
		free <- m
	}
	var starts []int
	at := 0
	for _, n := range lengths {
		starts = append(starts, at)
		at += n
	}
	scale := scaleOf[T](a)
	pool.For(a.KVHeads*len(lengths), func(i int) {
		m := <-free
		kv, start, n := i%a.KVHeads, starts[i/a.KVHeads], lengths[i/a.KVHeads]
		for _, t := range a.appendTiles(nil, start, start, 0, n) {
			k0, stacked := a.first(t.r0), a.stacked(t)
			var capped linalg.Matrix[T]
			if a.Cap != 0 {
				capped = m.capped.Slice(0, stacked, 0, t.r1-k0)
			}
			p := m.softmax(a, t, kv, q, k, capped)
			queries := m.rows.Slice(0, stacked, 0, a.HeadDim)
			out := m.do.Slice(0, stacked, 0, a.HeadDim)
			ds := m.dp.Slice(0, stacked, 0, t.r1-k0)
			a.each(t, kv, func(i, h, r int) { copy(out.Row(i), head(a.HeadDim, do, h, start+r, start+r+1).Row(0)) })
			keys, dkeys := head(a.HeadDim, k, kv, start+k0, start+t.r1), head(a.HeadDim, dk, kv, start+k0, start+t.r1)
			values, dvalues := head(a.HeadDim, v, kv, start+k0, start+t.r1), head(a.HeadDim, dv, kv, start+k0, start+t.r1)
			linalg.Gemm(nil, linalg.Trans, linalg.NoTrans, 1, p, out, 1, dvalues)
			linalg.Gemm(nil, linalg.NoTrans, linalg.Trans, 1, out, values, 0, ds)
			a.each(t, kv, func(i, _, r int) {
				lo, hi := a.first(r)-k0, r+1-k0
				row, weight := ds.Row(i), p.Row(i)
				mean := T(linalg.Dot(row[lo:hi], weight[lo:hi]))
				clear(row[:lo])
				for j := lo; j < hi; j++ {
					row[j] = weight[j] * (row[j] - mean)
					if a.Cap != 0 {
						s := capped.At(i, j) / T(a.Cap)
						row[j] *= 1 - s*s
					}
				}
				clear(row[hi:])
			})
			linalg.Gemm(nil, linalg.Trans, linalg.NoTrans, scale, ds, queries, 1, dkeys)
			linalg.Gemm(nil, linalg.NoTrans, linalg.NoTrans, scale, ds, keys, 0, out)
			a.each(t, kv, func(i, h, r int) { copy(head(a.HeadDim, dq, h, start+r, start+r+1).Row(0), out.Row(i)) })
		}
		free <- m
	})
}
