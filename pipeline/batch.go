package pipeline

import (
	"sparsellm/linalg"
	"sparsellm/model"
)

// batch is some samples that go through a block together: products of many
// rows at once take less time to pack their weights.
type batch struct {
	first, tokens int   // rows of hidden
	lengths       []int // tokens of each sample
}

// BatchTokens is how many tokens a batch has at most, unless it is one sample
// that has more.
const BatchTokens = 2048

// batchesOf shares out samples of the given lengths.
func batchesOf(lengths []int) []batch {
	var all []batch
	at := 0
	for _, n := range lengths {
		if len(all) == 0 || all[len(all)-1].tokens+n > BatchTokens {
			all = append(all, batch{first: at})
		}
		b := &all[len(all)-1]
		b.tokens += n
		b.lengths = append(b.lengths, n)
		at += n
	}
	return all
}

// rowsOf returns the batch's rows of a matrix with a row for every token.
func rowsOf[T linalg.Float](b batch, m linalg.Matrix[T]) linalg.Matrix[T] {
	return m.Slice(b.first, b.first+b.tokens, 0, m.Cols)
}

// sequences says how the batch's rows fall into sequences.
func sequences[T linalg.Float](b batch) model.Sequences[T] {
	return model.Sequences[T]{Lengths: b.lengths}
}

// eachBatch calls f with every batch, in order, while the run is wanted.
func (r *run[T]) eachBatch(f func(batch) error) error {
	for _, b := range r.batches {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		if err := f(b); err != nil {
			return err
		}
	}
	return nil
}
