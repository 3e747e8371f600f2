package decoder

import (
	"sparsellm/asm"
	"sparsellm/linalg"
	"sparsellm/model"
)

// Queries of a sequence that has been run up to there come one or a few at a
// time. Packing keys and values for them would take longer than all else, so
// that each head of each of them goes over the cache as it is.
const (
	fewQueries = 4
	// scoreStep is how many more scores there is memory for than positions, so
	// that not every token asks for more.
	scoreStep = 256
	// soloScores is the number of multiplications below which waking another
	// thread takes longer than doing its share.
	soloScores = 1 << 15
)

// attendFew is Attend for a few queries after others, and reports whether they
// are.
func attendFew[T linalg.Float](pool *linalg.Pool, a Attention, s *model.Scratch[T], dst, q, k, v linalg.Matrix[T], before, dropped int) bool {
	query, ok := any(q).(linalg.Matrix[float32])
	if !ok || q.Rows > fewQueries || before == 0 {
		return false
	}
	out, keys, values := any(dst).(linalg.Matrix[float32]), any(k).(linalg.Matrix[float32]), any(v).(linalg.Matrix[float32])
	n := k.Rows
	scores := any(s.Matrix(q.Rows*a.Heads, (n+scoreStep-1)/scoreStep*scoreStep)).(linalg.Matrix[float32])
	if q.Rows*a.Heads*n*a.HeadDim <= soloScores {
		pool = nil
	}
	share := a.Heads / a.KVHeads
	if pool.Threads() > 1 && a.KVHeads%pool.Threads() != 0 {
		share = 1 // threads would wait for one another
	}
	groups := a.Heads / share
	pool.For(q.Rows*groups, func(i int) {
		r, h := i/groups, i%groups*share
		own := scores.Slice(r*a.Heads+h, r*a.Heads+h+share, 0, scores.Cols)
		a.attendHeads(out.Row(r), query.Row(r), keys, values, own, h, before+r, dropped)
	})
	return true
}

// keyRows is how many keys, or values, the heads that share them go over by turns,
// while they are in the first-level cache.
const keyRows = 64

// attendHeads is attention of heads that share keys and values, from head h on,
// of the query at position t: dst and q are rows of all heads. scores has a row
// for each of the heads, of as many as there are keys or more.
func (a Attention) attendHeads(dst, q []float32, keys, values, scores linalg.Matrix[float32], h, t, dropped int) {
	first := a.first(t) - dropped
	n := t + 1 - dropped - first
	at := first*keys.Stride + h/(a.Heads/a.KVHeads)*a.HeadDim
	each := func(f func(i, from, to, at int)) { // head h+i and keys from..to, which begin at
		for from := 0; from < n; from += keyRows {
			for i := range scores.Rows {
				f(i, from, min(from+keyRows, n), at+from*keys.Stride)
			}
		}
	}
	of := func(row []float32, i int) []float32 { return row[(h+i)*a.HeadDim:][:a.HeadDim] }
	each(func(i, from, to, at int) { asm.RowDots(scores.Row(i)[from:to], of(q, i), keys.Data[at:], keys.Stride) })
	for i := range scores.Rows {
		asm.Scale(scaleOf[float32](a), scores.Row(i)[:n])
		weigh(a, scores.Row(i)[:n], nil, h+i)
		clear(of(dst, i))
	}
	each(func(i, from, to, at int) {
		asm.RowSum(of(dst, i), scores.Row(i)[from:to], values.Data[at:], values.Stride)
	})
}
