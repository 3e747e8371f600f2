package model

import (
	"errors"
	"fmt"

	"sparsellm/linalg"
)

// Source gives tensors by their name in the checkpoint.
type Source interface {
	// Shape returns a tensor's dimensions, and false if there is none of that
	// name.
	Shape(name string) ([]int, bool)
	// ReadFloat32 and ReadFloat64 read the whole tensor, row-major, into dst,
	// whose length must be the product of the dimensions.
	ReadFloat32(name string, dst []float32) error
	ReadFloat64(name string, dst []float64) error
}

// RowSource is a Source that reads some rows of a tensor, given by their index,
// without the others. dst takes them one after another.
type RowSource interface {
	ReadRowsFloat32(name string, rows []int, dst []float32) error
	ReadRowsFloat64(name string, rows []int, dst []float64) error
}

// Comparer is a Source that tells whether two tensors have the same shape and
// values, without more of them in memory than some rows.
type Comparer interface {
	Equal(a, b string) (bool, error)
}

// Config is what an architecture's config.json comes to.
type Config struct {
	Arch         string // model_type: "opt", "llama", …
	Hidden       int    // width of the hidden states, d
	Intermediate int    // width of the feed-forward network, f
	Blocks       int
	Heads        int
	KVHeads      int // = Heads without grouped-query attention
	HeadDim      int
	Vocab        int
	MaxPositions int // longest sequence the model can take
	// Activation is that of the feed-forward networks, and Gated says whether
	// they have a gate (see FFN).
	Activation Activation
	Gated      bool
	// Tied says that the head is the word embeddings: by the config, and of an
	// open model by its tensors, too.
	Tied bool
}

// CheckTokens says what is wrong with a sequence of token ids, if anything:
// that it is empty, is longer than MaxPositions, or has a token outside the
// vocabulary.
func (c *Config) CheckTokens(tokens []int) error {
	if len(tokens) == 0 {
		return errors.New("the sequence is empty")
	}
	if len(tokens) > c.MaxPositions {
		return fmt.Errorf("the sequence has %d tokens; the model takes %d at most", len(tokens), c.MaxPositions)
	}
	for t, id := range tokens {
		if id < 0 || id >= c.Vocab {
			return fmt.Errorf("token %d at position %d is outside the vocabulary of %d", id, t, c.Vocab)
		}
	}
	return nil
}

// Site is a place in a block whose activations are the input of one linear or
// of several.
type Site int

const (
	AttnInput  Site = iota // input of q, k and v: tokens × hidden, normed
	AttnOutput             // input of o: tokens × (heads·headDim)
	FFNInput               // input of fc1, or of up and gate: tokens × hidden, normed
	FFNHidden              // input of fc2, or of down: tokens × intermediate
	Sites                  // how many there are
)

// Linear is one weight matrix of a block, y = W·x + b for a token's x; for
// activations with a row per token, Y = X·Wᵀ + b.
type Linear[T linalg.Float] struct {
	Name   string           // within the block: "self_attn.q_proj"
	Tensor string           // of the weight in the checkpoint: "model.layers.0.self_attn.q_proj.weight"
	Site   Site             // where its input is observed
	Weight linalg.Matrix[T] // out × in
	Bias   []T              // out, or nil
}

// Activation is φ of a feed-forward network, by transformers' name for it.
type Activation string

// The activations of the architectures that there are.
const (
	ReLU Activation = "relu" // max(x, 0)
	SiLU Activation = "silu" // x/(1 + e⁻ˣ)
)

// FFN is a block's feed-forward network with the activation φ.
//
//	Gate == nil:  y = Down·φ(Up·x + b) + b       (OPT: fc1, fc2 and ReLU)
//	Gate != nil:  y = Down·(φ(Gate·x) ∘ Up·x)    (LLaMA: up, gate, down and SiLU)
type FFN[T linalg.Float] struct {
	Up, Gate, Down *Linear[T]
	Activation     Activation
}

// Block is one decoder block with its weights in memory, in the pieces of its
// two sublayers, which a Pass puts together. Hidden states x are tokens ×
// hidden; only Heads needs to know how they fall into sequences. A block's
// methods may use pool's threads; one block must not be run from two
// goroutines.
type Block[T linalg.Float] interface {
	// Linears returns every prunable matrix, in the order in which the
	// original prunes them. Changing a Weight changes the block.
	Linears() []*Linear[T]
	// FFN returns the feed-forward network, of pointers that Linears holds.
	FFN() FFN[T]
	// Heads writes the heads' output, the input of AttnOutput, for hidden
	// states x to dst, tokens × (heads·headDim). x is not changed. Its rows are
	// sequences of the given lengths, one after another, each from position 0.
	// If observe is not nil it is called with the input of AttnInput.
	Heads(pool *linalg.Pool, s *Scratch[T], dst, x linalg.Matrix[T], lengths []int, observe Observer[T])
	// AddHeads ends the attention sublayer: x ← x + o·heads, with the norm
	// where the architecture norms last.
	AddHeads(pool *linalg.Pool, x, heads linalg.Matrix[T])
	// FFNInput writes the feed-forward network's input (normed where the
	// architecture norms before) for the attention sublayer's output x to dst,
	// tokens × hidden both. x is not changed.
	FFNInput(pool *linalg.Pool, dst, x linalg.Matrix[T])
	// Hidden writes the feed-forward network's activations, the input of
	// FFNHidden, for its input in to dst, tokens × intermediate.
	Hidden(pool *linalg.Pool, s *Scratch[T], dst, in linalg.Matrix[T])
	// AddHidden ends the feed-forward sublayer: x ← x + down·hidden, with the
	// norm where the architecture norms last.
	AddHidden(pool *linalg.Pool, x, hidden linalg.Matrix[T])
}

// Model is a decoder-only language model whose blocks are loaded on demand.
type Model[T linalg.Float] interface {
	Config() Config
	// Embed writes the embeddings of one sequence to x, tokens × hidden. A
	// token outside the vocabulary or a sequence longer than MaxPositions is
	// an error.
	Embed(tokens []int, x linalg.Matrix[T]) error
	// Block loads block i. The caller drops it to free its memory.
	Block(i int) (Block[T], error)
	// Logits writes the head's output for hidden states x (tokens × hidden,
	// the last block's output, of which the final norm is taken first) to dst,
	// tokens × vocab.
	Logits(pool *linalg.Pool, dst, x linalg.Matrix[T]) error
}
