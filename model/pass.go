package model

import "sparsellm/linalg"

// Pass runs blocks and their sublayers, one after another. It keeps the memory
// for the activations from one to the next. The zero value is ready to use; one
// Pass must not be used from two goroutines.
type Pass[T linalg.Float] struct{ scratch Scratch[T] }

// Block runs b on hidden states x (tokens × hidden) in place. If observe is not
// nil it is called with the input of every stage.
func (p *Pass[T]) Block(pool *linalg.Pool, b *Block[T], x linalg.Matrix[T], seq Sequences[T], observe Observer[T]) {
	p.Sublayers(pool, b, 0, len(b.Sublayers), x, seq, observe)
}

// Sublayers is Block from its sublayer from up to that before to, x being what
// reaches from. Of a parallel block that can only be all of them.
func (p *Pass[T]) Sublayers(pool *linalg.Pool, b *Block[T], from, to int, x linalg.Matrix[T], seq Sequences[T], observe Observer[T]) {
	p.scratch.Reset()
	inner := make([]linalg.Matrix[T], to)
	for k := from; k < to; k++ {
		if !b.Parallel {
			p.scratch.Reset()
		}
		inner[k] = p.inner(pool, b.Sublayers[k], x, seq, observe)
		if !b.Parallel {
			b.Sublayers[k].Add(pool, x, inner[k])
		}
	}
	if b.Parallel {
		for k := from; k < to; k++ {
			b.Sublayers[k].Add(pool, x, inner[k])
		}
	}
}

// Inner runs a sublayer up to what is left to its Add: it leaves x as it is, and
// returns what Sublayer.Inner computes, which is valid until the next call.
func (p *Pass[T]) Inner(pool *linalg.Pool, s Sublayer[T], x linalg.Matrix[T], seq Sequences[T], observe Observer[T]) linalg.Matrix[T] {
	p.scratch.Reset()
	return p.inner(pool, s, x, seq, observe)
}

// InnerOf is Inner from the first stage's input.
func (p *Pass[T]) InnerOf(pool *linalg.Pool, s Sublayer[T], in linalg.Matrix[T], seq Sequences[T], observe Observer[T]) linalg.Matrix[T] {
	p.scratch.Reset()
	inner := p.scratch.Matrix(in.Rows, s.Width())
	s.Inner(pool, &p.scratch, inner, in, seq, observe)
	return inner
}

func (p *Pass[T]) inner(pool *linalg.Pool, s Sublayer[T], x linalg.Matrix[T], seq Sequences[T], observe Observer[T]) linalg.Matrix[T] {
	in := p.scratch.Matrix(x.Rows, x.Cols)
	s.Read(pool, in, x)
	inner := p.scratch.Matrix(x.Rows, s.Width())
	s.Inner(pool, &p.scratch, inner, in, seq, observe)
	return inner
}
