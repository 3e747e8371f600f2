package model

import "sparsellm/linalg"

// Block is one decoder block with its weights in memory: sublayers, each of
// which adds to the hidden states x, tokens × hidden. A block's methods and
// those of its sublayers may use a pool's threads; one block must not be run
// from two goroutines.
type Block[T linalg.Float] struct {
	Sublayers []Sublayer[T]
	// Parallel says that all sublayers read the block's input, rather than each
	// what the one before it leaves.
	Parallel bool
}

// Linears returns every prunable matrix, in the order in which the original
// prunes them.
func (b *Block[T]) Linears() []*Linear[T] {
	var all []*Linear[T]
	for _, s := range b.Sublayers {
		for _, stage := range s.Stages() {
			all = append(all, stage.Linears...)
		}
	}
	return all
}

// Sublayer is a branch of the residual stream, such as attention or a
// feed-forward network:
//
//	x ← x + last(inner(first(norm(x))))
//
// where first and last are linears and inner has no weights that are pruned. An
// architecture may norm, or scale, elsewhere.
type Sublayer[T linalg.Float] interface {
	// Stages returns the linears by what they read, in the order in which they
	// run. Changing a weight changes the sublayer.
	Stages() []*Stage[T]
	// Networks returns the feed-forward networks that the linears make up; none
	// of attention.
	Networks() []Network[T]
	// Route returns for each network, which are experts then, the rows of the
	// first stage's input in that reach it; nil where all reach the one there is.
	Route(pool *linalg.Pool, in linalg.Matrix[T]) [][]int
	// Read writes the first stage's input for hidden states x to dst, tokens ×
	// hidden both. x is not changed.
	Read(pool *linalg.Pool, dst, x linalg.Matrix[T])
	// Width is that of what Inner computes.
	Width() int
	// Inner computes from the first stage's input in what is left to Add, to
	// dst, tokens × Width: of two stages, the last one's input. If observe is not
	// nil it is called with the input of every stage.
	Inner(pool *linalg.Pool, s *Scratch[T], dst, in linalg.Matrix[T], seq Sequences[T], observe Observer[T])
	// Add ends the sublayer: x ← x + last·inner.
	Add(pool *linalg.Pool, x, inner linalg.Matrix[T])
}

// Convolving is a Sublayer that is a gated short convolution.
type Convolving[T linalg.Float] interface {
	Sublayer[T]
	Convolution() Convolution[T]
}

// Convolution is a gated short convolution,
//
//	y = Out·(c ∘ (Filter ∗ (b ∘ v) + Bias)),  (b, c, v) = In·x
//
// whose filter is one for each feature.
type Convolution[T linalg.Float] struct {
	In, Out *Linear[T]
	Filter  linalg.Matrix[T] // features × length; the last entry is for the position itself
	Bias    []T              // of the filter; nil without one
}

// Stage is a group of linears that read the same input, tokens × Width.
type Stage[T linalg.Float] struct {
	Linears []*Linear[T]
	Width   int
	Expert  bool // only some of the tokens reach it, those that Route says
}

// Observer is called with the input of a stage; the matrix is only valid during
// the call.
type Observer[T linalg.Float] func(stage *Stage[T], in linalg.Matrix[T])

// Activation is φ of a feed-forward network, by transformers' name for it.
type Activation string

// The activations of the architectures that there are.
const (
	ReLU Activation = "relu" // max(x, 0)
	SiLU Activation = "silu" // x/(1 + e⁻ˣ)
)

// Network is a feed-forward network with the activation φ.
//
//	Gate == nil:  y = Down·φ(Up·x + b) + b
//	Gate != nil:  y = Down·(φ(Gate·x) ∘ Up·x)
type Network[T linalg.Float] struct {
	Up, Gate, Down *Linear[T]
	Activation     Activation
}

// First returns the matrices that read the network's input.
func (n *Network[T]) First() []*Linear[T] {
	if n.Gate == nil {
		return []*Linear[T]{n.Up}
	}
	return []*Linear[T]{n.Up, n.Gate}
}

// Sequences says how rows of hidden states fall into sequences.
type Sequences[T linalg.Float] struct {
	Lengths []int // rows of each, one after another
	// Shared, if not nil, says of each how many of its first positions are those
	// of the sequence before it, and have no rows of their own. Of the first it is
	// 0. There is no Cache then.
	Shared []int
	// Cache, if not nil, has the positions before the rows, which are then of one
	// sequence; the rows' own are added to it. nil: each sequence begins at
	// position 0.
	Cache *Cache[T]
}

// Before returns how many positions of sequence i come before its rows.
func (s Sequences[T]) Before(i int) int {
	if s.Shared != nil {
		return s.Shared[i]
	}
	return s.Cache.Len()
}
