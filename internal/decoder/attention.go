package decoder

import (
	"math"
	"slices"

	"sparsellm/linalg"
	"sparsellm/model"
)

// Attention is causal multi-head attention. Query head h reads key and value
// head h/(Heads/KVHeads): with fewer of these, grouped-query attention
// (Ainslie et al., 2023).
type Attention struct {
	Heads, KVHeads, HeadDim int
	// Window is how many positions a token sees, itself included; 0 for all.
	Window int
	Scale  float64   // of q·k; 0: 1/√HeadDim
	Cap    float64   // if not 0, a score s becomes Cap·tanh(s/Cap)
	Slopes []float64 // if not nil, what a head's scores lose with each position of distance
}

// stackRows is about how many rows of queries one product takes: enough for it
// to be worth packing keys and values, few enough for the scores against two
// thousand keys to stay in the second-level cache. tileStep, that of the
// AVX-512 kernel's tile, divides the rows of each head.
const (
	stackRows = 112
	tileStep  = 14
)

// tile is some consecutive queries of a sequence.
type tile struct {
	query0, key0 int // rows that position 0 of the sequence has, or would have
	r0, r1       int // positions
}

// tileRows returns how many queries of each head that shares keys and values
// are handled together.
func (a Attention) tileRows() int {
	share := a.Heads / a.KVHeads
	return (stackRows/share + tileStep - 1) / tileStep * tileStep
}

// tiles returns all the tiles of sequences of the given lengths, whose first
// queries have so many positions before them, of which some are dropped.
func (a Attention) tiles(before, dropped int, lengths []int) []tile {
	var all []tile
	at := 0
	for _, n := range lengths {
		all = a.appendTiles(all, at-before, at-dropped, before, n)
		at += n
	}
	return all
}

// appendTiles adds those of n queries of a sequence after others; query0 and
// key0 are as in tile.
func (a Attention) appendTiles(all []tile, query0, key0, before, n int) []tile {
	rows := a.tileRows()
	for r0 := 0; r0 < n; r0 += rows {
		all = append(all, tile{query0, key0, before + r0, before + min(r0+rows, n)})
	}
	return all
}

// Attend computes, for each head, dst ← softmax(scale·q·kᵀ)·v over the
// positions that each query sees. q and dst are tokens × Heads·HeadDim, k and
// v tokens × KVHeads·HeadDim, a head's columns side by side; the rows are
// sequences of the given lengths, one after another. If so many positions of a
// single sequence come before its queries, k and v have them, too, but for the
// first ones that are dropped, which no query sees.
//
// The queries of all heads that share keys and values are stacked, a tile at a
// time, so that keys and values are packed once for all of them. Its memory,
// taken from s, is a tile's scores for each thread.
func Attend[T linalg.Float](pool *linalg.Pool, a Attention, s *model.Scratch[T], dst, q, k, v linalg.Matrix[T], before, dropped int, lengths []int) {
	if len(lengths) == 0 {
		return
	}
	if len(lengths) == 1 && attendFew(pool, a, s, dst, q, k, v, before, dropped) {
		return
	}
	attend(pool, a, s, dst, q, k, v, a.tiles(before, dropped, lengths), before-dropped+slices.Max(lengths))
}

// attend is Attend of tiles, which see so many keys at most. Those that see the
// most come first, so that no thread is left alone with one.
func attend[T linalg.Float](pool *linalg.Pool, a Attention, s *model.Scratch[T], dst, q, k, v linalg.Matrix[T], tiles []tile, keys int) {
	slices.SortStableFunc(tiles, func(x, y tile) int { return y.r1 - x.r1 })
	share, most := a.Heads/a.KVHeads, 0
	for _, t := range tiles {
		most = max(most, t.r1-t.r0)
	}
	free := make(chan stack[T], pool.Threads())
	for range cap(free) {
		free <- stack[T]{rows: s.Matrix(share*most, a.HeadDim), scores: s.Matrix(share*most, keys)}
	}
	pool.For(a.KVHeads*len(tiles), func(i int) {
		st := <-free
		st.attend(a, tiles[i/a.KVHeads], i%a.KVHeads, dst, q, k, v)
		free <- st
	})
}

// stack is the memory for one tile: the queries of a group of heads, below one
// another, which their output replaces, and their scores.
type stack[T linalg.Float] struct{ rows, scores linalg.Matrix[T] }

func (st stack[T]) attend(a Attention, t tile, kv int, dst, q, k, v linalg.Matrix[T]) {
	queries := st.rows.Slice(0, a.stacked(t), 0, a.HeadDim)
	k0 := a.first(t.r0)
	scores := st.softmax(a, t, kv, q, k, linalg.Matrix[T]{})
	linalg.Gemm(nil, linalg.NoTrans, linalg.NoTrans, 1, scores, head(a.HeadDim, v, kv, t.key0+k0, t.key0+t.r1), 0, queries)
	a.each(t, kv, func(i, h, r int) { copy(head(a.HeadDim, dst, h, t.query0+r, t.query0+r+1).Row(0), queries.Row(i)) })
}

// stacked is how many rows a tile's stack has.
func (a Attention) stacked(t tile) int { return (t.r1 - t.r0) * (a.Heads / a.KVHeads) }

// each calls f for each row of the stack of a tile: that of head h's query at
// position r.
func (a Attention) each(t tile, kv int, f func(stacked, h, r int)) {
	n, share := t.r1-t.r0, a.Heads/a.KVHeads
	for i := range share {
		for r := range n {
			f(i*n+r, kv*share+i, t.r0+r)
		}
	}
}

// softmax stacks the queries of a tile and returns what they give to keys, 0 to
// those that a query does not see. The scores as they are cut are written to
// capped, if that is not empty and there is a cap.
func (st stack[T]) softmax(a Attention, t tile, kv int, q, k, capped linalg.Matrix[T]) linalg.Matrix[T] {
	k0 := a.first(t.r0)
	queries := st.rows.Slice(0, a.stacked(t), 0, a.HeadDim)
	a.each(t, kv, func(i, h, r int) { copy(queries.Row(i), head(a.HeadDim, q, h, t.query0+r, t.query0+r+1).Row(0)) })
	scores := st.scores.Slice(0, a.stacked(t), 0, t.r1-k0)
	linalg.Gemm(nil, linalg.NoTrans, linalg.Trans, scaleOf[T](a), queries, head(a.HeadDim, k, kv, t.key0+k0, t.key0+t.r1), 0, scores)
	a.each(t, kv, func(i, h, r int) {
		row := scores.Row(i)
		lo, hi := a.first(r)-k0, r+1-k0
		clear(row[:lo])
		var to []T
		if capped.Data != nil {
			to = capped.Row(i)[lo:hi]
		}
		weigh(a, row[lo:hi], to, h)
		clear(row[hi:])
	})
	return scores
}

// weigh makes of the scores of head h's query, the last of them its own
// position's, what values are weighted by. The scores as they are cut are written
// to capped, as in softmax.
func weigh[T linalg.Float](a Attention, scores, capped []T, h int) {
	if a.Cap != 0 {
		for j, x := range scores {
			scores[j] = T(a.Cap * math.Tanh(float64(x)/a.Cap))
		}
		copy(capped, scores)
	}
	if a.Slopes != nil {
		for j := range scores {
			scores[j] -= T(a.Slopes[h] * float64(len(scores)-1-j))
		}
	}
	linalg.Softmax(scores)
}

// scaleOf is what q·k is multiplied by.
func scaleOf[T linalg.Float](a Attention) T {
	if a.Scale == 0 {
		return T(1 / math.Sqrt(float64(a.HeadDim)))
	}
	return T(a.Scale)
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

// alibiSlopes returns the slopes of heads that attend with linear biases (Press
// et al., 2022): a geometric sequence, and for a number of heads that is no
// power of 2 every second of the next sequence beside it.
func alibiSlopes(heads int) []float64 {
	power := 1
	for 2*power <= heads {
		power *= 2
	}
	slopes := make([]float64, heads)
	for h := range slopes {
		if h < power {
			slopes[h] = math.Exp2(-8 * float64(h+1) / float64(power))
		} else {
			slopes[h] = math.Exp2(-4 * float64(2*(h-power)+1) / float64(power))
		}
	}
	return slopes
}
