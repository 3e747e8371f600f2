package decoder

import (
	"math"

	"sparsellm/linalg"
)

// Attention is causal multi-head attention. Query head h reads key and value
// head h/(Heads/KVHeads): with fewer of these, grouped-query attention
// (Ainslie et al., 2023).
type Attention struct {
	Heads, KVHeads, HeadDim int
	// Window is how many positions a token sees, itself included; 0 for all.
	Window int
}

// tileRows is the number of queries whose scores exist at a time: enough for a
// product to be worth packing, few enough for the scores against two thousand
// keys to stay in the second-level cache.
const tileRows = 64

// Attend computes, for each head, dst ← softmax(q·kᵀ/√HeadDim)·v over the
// positions that each query sees. q and dst are tokens × Heads·HeadDim, k and
// v tokens × KVHeads·HeadDim, a head's columns side by side. Its memory, taken
// from s, is tileRows × tokens scores for each thread.
func Attend[T linalg.Float](pool *linalg.Pool, a Attention, s *Scratch[T], dst, q, k, v linalg.Matrix[T]) {
	tokens := q.Rows
	tiles := (tokens + tileRows - 1) / tileRows
	scale := T(1 / math.Sqrt(float64(a.HeadDim)))
	free := make(chan linalg.Matrix[T], pool.Threads())
	for range cap(free) {
		free <- s.Matrix(tileRows, tokens)
	}
	pool.For(a.Heads*tiles, func(i int) {
		// The last tiles see the most keys: begin with them, so that no thread
		// is left alone with one.
		h, r0 := i%a.Heads, (tiles-1-i/a.Heads)*tileRows
		r1 := min(r0+tileRows, tokens)
		k0 := a.first(r0)
		scores := <-free
		defer func() { free <- scores }()

		kv := h / (a.Heads / a.KVHeads)
		p := scores.Slice(0, r1-r0, 0, r1-k0)
		linalg.Gemm(nil, linalg.NoTrans, linalg.Trans, scale, head(a.HeadDim, q, h, r0, r1), head(a.HeadDim, k, kv, k0, r1), 0, p)
		for r := r0; r < r1; r++ {
			row := p.Row(r - r0)
			lo, hi := a.first(r)-k0, r+1-k0
			clear(row[:lo])
			linalg.Softmax(row[lo:hi])
			clear(row[hi:])
		}
		linalg.Gemm(nil, linalg.NoTrans, linalg.NoTrans, 1, p, head(a.HeadDim, v, kv, k0, r1), 0, head(a.HeadDim, dst, h, r0, r1))
	})
}

// first returns the first position that the query at position t sees.
func (a Attention) first(t int) int {
	if a.Window == 0 {
		return 0
	}
	return max(0, t+1-a.Window)
}

// head returns the view of rows r0..r1 of head h.
func head[T linalg.Float](dim int, x linalg.Matrix[T], h, r0, r1 int) linalg.Matrix[T] {
	return x.Slice(r0, r1, h*dim, (h+1)*dim)
}
