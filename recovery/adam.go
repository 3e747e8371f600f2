package recovery

import (
	"math"
	"math/bits"

	"sparsellm/linalg"
)

// Of Adam, as usual for language models.
const (
	beta1, beta2 = 0.9, 0.95
	epsilon      = 1e-8
)

// moments are Adam's for the kept weights of a matrix, those that are not zero
// when it is made, row after row.
type moments[T linalg.Float] struct {
	kept  []uint64 // a bit for each entry, of each row from a new word
	words int      // of a row
	first []int    // of each row, and of the end: which kept weight is its first
	m, v  []T
	best  []T // values that are returned to
}

func newMoments[T linalg.Float](w linalg.Matrix[T]) *moments[T] {
	a := &moments[T]{words: (w.Cols + 63) / 64, first: make([]int, w.Rows+1)}
	a.kept = make([]uint64, w.Rows*a.words)
	n := 0
	for i := range w.Rows {
		a.first[i] = n
		for j, x := range w.Row(i) {
			if x != 0 {
				a.kept[i*a.words+j/64] |= 1 << (j % 64)
				n++
			}
		}
	}
	a.first[w.Rows] = n
	a.m, a.v, a.best = make([]T, n), make([]T, n), make([]T, n)
	a.save(w)
	return a
}

// each calls f with the column of every kept weight of row i and its number.
func (a *moments[T]) each(i int, f func(j, k int)) {
	k := a.first[i]
	for word, set := range a.kept[i*a.words : (i+1)*a.words] {
		for ; set != 0; set &= set - 1 {
			f(64*word+bits.TrailingZeros64(set), k)
			k++
		}
	}
}

// step is Adam's step-th step, from 1, by gradient g of w.
func (a *moments[T]) step(pool *linalg.Pool, w, g linalg.Matrix[T], step int, rate float64) {
	c1 := T(rate / (1 - math.Pow(beta1, float64(step))))
	c2 := T(1 / (1 - math.Pow(beta2, float64(step))))
	pool.For(w.Rows, func(i int) {
		row, d := w.Row(i), g.Row(i)
		a.each(i, func(j, k int) {
			x := d[j]
			a.m[k] = beta1*a.m[k] + (1-beta1)*x
			a.v[k] = beta2*a.v[k] + (1-beta2)*x*x
			row[j] -= c1 * a.m[k] / (T(math.Sqrt(float64(c2*a.v[k]))) + epsilon)
		})
	})
}

// save keeps the kept weights of w, and restore returns to them.
func (a *moments[T]) save(w linalg.Matrix[T]) {
	for i := range w.Rows {
		row := w.Row(i)
		a.each(i, func(j, k int) { a.best[k] = row[j] })
	}
}

func (a *moments[T]) restore(w linalg.Matrix[T]) {
	for i := range w.Rows {
		row := w.Row(i)
		a.each(i, func(j, k int) { row[j] = a.best[k] })
	}
}
