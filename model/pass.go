package model

import "sparsellm/linalg"

// Observer is called with the input of a site; the matrix is only valid during
// the call.
type Observer[T linalg.Float] func(Site, linalg.Matrix[T])

// Pass runs the sublayers of blocks, one after another. It keeps the memory
// for the activations from block to block. The zero value is ready to use; one
// Pass must not be used from two goroutines.
type Pass[T linalg.Float] struct{ scratch Scratch[T] }

// Attention runs b's attention sublayer with its norm and residual on hidden
// states x (tokens × hidden, sequences of the given lengths) in place. If
// observe is not nil it is called for AttnInput and AttnOutput.
func (p *Pass[T]) Attention(pool *linalg.Pool, b Block[T], x linalg.Matrix[T], lengths []int, observe Observer[T]) {
	heads := p.Heads(pool, b, x, lengths, observe)
	b.AddHeads(pool, x, heads)
}

// Heads is Attention up to the output projection: it leaves x as it is, and
// returns the heads' output, which is valid until the next call.
func (p *Pass[T]) Heads(pool *linalg.Pool, b Block[T], x linalg.Matrix[T], lengths []int, observe Observer[T]) linalg.Matrix[T] {
	p.scratch.Reset()
	heads := p.scratch.Matrix(x.Rows, headsWidth(b))
	b.Heads(pool, &p.scratch, heads, x, lengths, observe)
	if observe != nil {
		observe(AttnOutput, heads)
	}
	return heads
}

// headsWidth returns heads·headDim.
func headsWidth[T linalg.Float](b Block[T]) int {
	for _, l := range b.Linears() {
		if l.Site == AttnOutput {
			return l.Weight.Cols
		}
	}
	panic("model: a block without an output projection")
}

// FeedForward runs b's feed-forward sublayer with its norm and residual on
// hidden states x in place. observe as in Attention, for FFNInput and
// FFNHidden.
func (p *Pass[T]) FeedForward(pool *linalg.Pool, b Block[T], x linalg.Matrix[T], observe Observer[T]) {
	b.AddHidden(pool, x, p.Hidden(pool, b, x, observe))
}

// Hidden is FeedForward up to the last matrix: it leaves x as it is, and
// returns the activations, tokens × intermediate, which are valid until the
// next call.
func (p *Pass[T]) Hidden(pool *linalg.Pool, b Block[T], x linalg.Matrix[T], observe Observer[T]) linalg.Matrix[T] {
	p.scratch.Reset()
	in := p.scratch.Matrix(x.Rows, x.Cols)
	b.FFNInput(pool, in, x)
	if observe != nil {
		observe(FFNInput, in)
	}
	hidden := p.scratch.Matrix(x.Rows, b.FFN().Down.Weight.Cols)
	b.Hidden(pool, &p.scratch, hidden, in)
	if observe != nil {
		observe(FFNHidden, hidden)
	}
	return hidden
}
