package prune

import "sparsellm/linalg"

// chunkTokens is how many tokens are handled at once, at least: given the
// weights, p, z and s are per token, so that p need never exist as a whole.
const chunkTokens = 1024

// ChunkTokens returns how many of so many tokens are handled at once: of many, more,
// since each chunk's products are added up in float64, which takes as long for
// few tokens as for many; but not more than stay in the last-level cache.
func ChunkTokens(tokens int) int { return min(max(tokens/32, chunkTokens), 2*chunkTokens) }

// chunk is a view of a few tokens of the alternation's matrices.
type chunk[T linalg.Float] struct {
	token      int
	x, y, z, s linalg.Matrix[T]
}

// eachChunk calls f with the tokens from ≤ t < to, a chunk at a time, without z
// and s.
func (a *alternation[T]) eachChunk(from, to int, f func(chunk[T])) {
	for t0, t1 := from, from; t0 < to; t0 = t1 {
		t1 = min(t0+a.chunk, to)
		if t0 < a.fitted {
			t1 = min(t1, a.fitted) // no chunk is fitted in part
		}
		rows := func(m linalg.Matrix[T]) linalg.Matrix[T] { return m.Slice(t0, t1, 0, m.Cols) }
		f(chunk[T]{token: t0, x: rows(a.x), y: rows(a.y)})
	}
}
