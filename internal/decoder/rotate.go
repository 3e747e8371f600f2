package decoder

import (
	"math"
	"sync"

	"sparsellm/linalg"
)

// rotations holds the cosines and sines that a model's blocks share. Its
// method may be called from several goroutines.
type rotations[T linalg.Float] struct {
	rope *Rope
	mu   sync.Mutex
	last *turns[T]
}

// turns are the cosines and sines of a sequence, each tokens × dim/2, times
// the rope's factor of attention.
type turns[T linalg.Float] struct{ cos, sin linalg.Matrix[T] }

// of returns the turns of a sequence of tokens, and perhaps of more.
func (r *rotations[T]) of(tokens int) *turns[T] {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == nil || r.last.cos.Rows < tokens || !r.rope.same(tokens, r.last.cos.Rows) {
		rows := tokens
		if r.last != nil { // a sequence that grows: so as not to come here for each of its tokens
			rows = min(2*tokens, max(tokens, r.rope.longest))
		}
		if !r.rope.same(tokens, rows) {
			rows = tokens
		}
		r.last = newTurns[T](r.rope, rows)
	}
	return r.last
}

func newTurns[T linalg.Float](r *Rope, tokens int) *turns[T] {
	freq := r.frequencies(tokens)
	t := &turns[T]{linalg.NewMatrix[T](tokens, len(freq)), linalg.NewMatrix[T](tokens, len(freq))}
	for i := range tokens {
		cos, sin := t.cos.Row(i), t.sin.Row(i)
		for j, f := range freq {
			s, c := math.Sincos(float64(i) * f)
			cos[j], sin[j] = T(c*r.attention), T(s*r.attention)
		}
	}
	return t
}

// rotate turns every head of x, tokens × heads·dim, in place, the first row by
// the angles of position first: the first elements of a head, if its rope is
// narrower.
func (t *turns[T]) rotate(pool *linalg.Pool, first, dim int, x linalg.Matrix[T]) {
	half := t.cos.Cols
	EachRow(pool, x.Rows, func(i int) {
		cos, sin := t.cos.Row(first+i), t.sin.Row(first+i)
		for row := x.Row(i); len(row) > 0; row = row[dim:] {
			lo, hi := row[:half], row[half:2*half]
			for j, a := range lo {
				b := hi[j]
				lo[j] = a*cos[j] - b*sin[j]
				hi[j] = b*cos[j] + a*sin[j]
			}
		}
	})
}

// back is the transpose of rotate: by the same angles the other way, for
// derivatives of heads of dim features.
func (t *turns[T]) back(pool *linalg.Pool, dim int, x linalg.Matrix[T]) {
	half := t.cos.Cols
	EachRow(pool, x.Rows, func(i int) {
		cos, sin := t.cos.Row(i), t.sin.Row(i)
		for row := x.Row(i); len(row) > 0; row = row[dim:] {
			lo, hi := row[:half], row[half:2*half]
			for j, a := range lo {
				b := hi[j]
				lo[j] = a*cos[j] + b*sin[j]
				hi[j] = b*cos[j] - a*sin[j]
			}
		}
	})
}
