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

// WeightSource is a Source that has some weights in a form in which they are run
// as they are, rather than made dense.
type WeightSource interface {
	// Weight returns what lies in a slot, of so many outputs and inputs, and false
	// where that is to be read as numbers, as those of any Source. A weight of
	// embeddings is a RowWeight.
	Weight(at Slot, outputs, inputs int) (Weight[float32], bool, error)
}

// RowWeight is a Weight of which single rows can be read.
type RowWeight[T linalg.Float] interface {
	Weight[T]
	// Unpack writes the inputs of an output to dst.
	Unpack(output int, dst []T)
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
	// they have a gate (see Network).
	Activation Activation
	Gated      bool
	// Experts is how many feed-forward networks a block has, of which a token
	// reaches Active; 0: one, which all of them reach.
	Experts, Active int
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

// Model is a decoder-only language model whose blocks are loaded on demand.
type Model[T linalg.Float] interface {
	Config() Config
	// Embed writes the embeddings of tokens of one sequence, the first of which
	// is at position first, to x, tokens × hidden. A token outside the vocabulary
	// or a sequence longer than MaxPositions is an error.
	Embed(tokens []int, first int, x linalg.Matrix[T]) error
	// Block loads block i. The caller drops it to free its memory.
	Block(i int) (*Block[T], error)
	// Logits writes the head's output for hidden states x (tokens × hidden,
	// the last block's output, of which the final norm is taken first) to dst,
	// tokens × vocab.
	Logits(pool *linalg.Pool, dst, x linalg.Matrix[T]) error
	// HoldHead loads what Logits needs, which may else be dropped and loaded anew
	// between two calls, to stay until it is released.
	HoldHead() (release func(), err error)
	// Keep loads the embeddings and the head, which may else be dropped and
	// loaded anew between two uses, to stay in memory as long as the model. It
	// returns the head, vocab outputs.
	Keep() (head Weight[T], err error)
	// Alike says whether the blocks do the same with the first positions of a
	// sequence of so many tokens as with those of one that has grown to more.
	Alike(tokens, grown int) bool
}
