package pipeline

import (
	"errors"
	"fmt"
	"sync/atomic"

	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/prune"
)

// What is not finite is looked for where it costs little: in the weights that
// are to be pruned, in the blocks' inputs, and in the diagonals of Hessians,
// which a NaN or Inf among their inputs always reaches. Which input it came
// from is found by running the samples once more.

// finiteWeight returns an error that names the entry if l's weight has a NaN
// or Inf.
func finiteWeight[T linalg.Float](pool *linalg.Pool, l *model.Linear[T]) error {
	if i, j, v := notFinite(pool, l.Matrix()); v != 0 {
		return fmt.Errorf("%s has a %v in row %d, column %d", l.Slot, v, i, j)
	}
	return nil
}

// finiteSamples returns an error that names the sample if one of them, tokens
// × features, has a NaN or Inf.
func finiteSamples[T linalg.Float](pool *linalg.Pool, samples []linalg.Matrix[T], what string) error {
	for k, x := range samples {
		if t, j, v := notFinite(pool, x); v != 0 {
			return fmt.Errorf("%s has a %v at token %d of calibration sample %d, in feature %d", what, v, t, k, j)
		}
	}
	return nil
}

// notFinite returns where m has its first NaN or Inf, and that; 0 if nowhere.
func notFinite[T linalg.Float](pool *linalg.Pool, m linalg.Matrix[T]) (i, j int, v T) {
	var any atomic.Bool
	pool.For(m.Rows, func(i int) {
		// Each term is 0, or NaN; in one sum each would wait for the last.
		var a, b, c, d T
		row := m.Row(i)
		for ; len(row) >= 4; row = row[4:] {
			a += row[0] - row[0]
			b += row[1] - row[1]
			c += row[2] - row[2]
			d += row[3] - row[3]
		}
		for _, v := range row {
			a += v - v
		}
		if a+b+(c+d) != 0 {
			any.Store(true)
		}
	})
	for i := 0; any.Load(); i++ {
		for j, v := range m.Row(i) {
			if v-v != 0 {
				return i, j, v
			}
		}
	}
	return 0, 0, 0
}

// finiteInput returns an error that names the matrix if a stage's input in
// calibration sample k, tokens × features, has a NaN or Inf.
func finiteInput[T linalg.Float](pool *linalg.Pool, stage *model.Stage[T], k int, in linalg.Matrix[T]) error {
	t, j, v := notFinite(pool, in)
	if v == 0 {
		return nil
	}
	return fmt.Errorf("the input of %s has a %v at token %d of calibration sample %d, in feature %d", stage.Linears[0].Name, v, t, k, j)
}

// located returns err, which came of the inputs that the sublayers from ≤ k < to
// of dense block i make of hidden; if it is that one of them is not finite, it
// returns an error that names the matrix, sample and token.
func (r *run[T]) located(err error, i, from, to int) error {
	if !errors.Is(err, prune.ErrNotFinite) {
		return err
	}
	b, again := r.model.Block(i)
	if again != nil {
		return err
	}
	var where error
	for k, x := range r.samples {
		r.pass.Sublayers(r.pool, b, from, to, x.Clone(), model.Sequences[T]{Lengths: []int{x.Rows}}, func(stage *model.Stage[T], in linalg.Matrix[T]) {
			if where == nil {
				where = finiteInput(r.pool, stage, k, in)
			}
		})
		if where != nil {
			return where
		}
	}
	return err // the inputs are finite, their squares are not
}
