package prune

import (
	"iter"

	"sparsellm/linalg"
)

// chunkTokens is how many tokens are handled at once, at least: given the
// weights, p, z and s are per token, so that p need never exist as a whole.
const chunkTokens = 1024

// ChunkTokens returns how many of so many tokens are handled at once: of many, more,
// since each chunk's products are added up in float64, which takes as long for
// few tokens as for many; but not more than stay in the last-level cache.
func ChunkTokens(tokens int) int { return min(max(tokens/32, chunkTokens), 2*chunkTokens) }

// chunk is a view of a few tokens of the alternation's matrices, a row each.
type chunk[T linalg.Float] struct {
	token      int              // the first
	x, y, z, s linalg.Matrix[T] // s has no rows without a gate
	p          linalg.Matrix[T]
	m          preactivations[T] // W₁X + b₁ and W_gX + b_g
}

// chunks goes through the tokens from ≤ t < to. Its chunks have x and y alone.
func (a *alternation[T]) chunks(from, to int) iter.Seq[chunk[T]] {
	return func(yield func(chunk[T]) bool) {
		for t0 := from; t0 < to; {
			t1 := min(t0+a.chunk, to)
			if t0 < a.fitted {
				t1 = min(t1, a.fitted) // no chunk is fitted in part
			}
			if !yield(chunk[T]{token: t0, x: a.x.Slice(t0, t1, 0, a.x.Cols), y: a.y.Slice(t0, t1, 0, a.y.Cols)}) {
				return
			}
			t0 = t1
		}
	}
}

// stepChunks goes through the tokens that are fitted with all that the steps u
// read and write: p is φ(z, s), and m are the weights' preactivations, which are
// computed if m is nil. What the steps make of z and s is kept, but in the last
// epoch, after which nothing reads z and s. The end of the loop is the end of u.
func (a *alternation[T]) stepChunks(u steps[T], m *preactivations[T]) iter.Seq[chunk[T]] {
	return func(yield func(chunk[T]) bool) {
		defer u.scope.End()
		n, known, last := min(a.chunk, a.x.Rows), m != nil, a.epoch == a.epochs-1
		p := linalg.Take[T](u.scope, n, a.net.Up.Rows)
		if !known {
			m = a.newPreactivations(u.scope, n, false)
		}
		for c := range a.auxiliaryChunks(a.fitted, true, last) {
			c.p, c.m = p.Slice(0, c.x.Rows, 0, p.Cols), m.inChunk(c)
			if !known {
				a.preactivate(c.m, c.x)
			}
			a.phi.activate(a.pool, c.p, c.z, c.s)
			if !yield(c) {
				return
			}
			a.show("p", c.token, c.p)
			a.show("z", c.token, c.z)
			if a.gate != nil {
				a.show("s", c.token, c.s)
			}
		}
		if last {
			a.z.giveBack(a.pool)
			a.s.giveBack(a.pool)
		}
	}
}
