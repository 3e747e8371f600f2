package decoder

import (
	"fmt"

	"sparsellm/model"
)

// Architecture is one of the kinds of models that can be run: what it is called
// by users and in files, and how its config.json reads.
type Architecture struct {
	Type  string // model_type in config.json: "qwen2"
	Title string // as its authors write it: "Qwen2"
	// Tokenizer is the class of transformers' that a folder is read with whose
	// tokenizer files name none.
	Tokenizer string

	// Names of tensors: the word embeddings, the head, and what comes before a
	// block's number.
	Words, Head, Blocks string

	// Describe reads a config.json of that model_type. Mistakes are told to f.
	Describe func(a *Architecture, f *Config) Description
}

// Description is a model as its config.json has it: what its parts are called,
// and what it chooses.
type Description struct {
	model.Config
	// WordWidth is that of the word embeddings; where that is not Hidden,
	// ProjectIn and ProjectOut are tensors that lead to it and back.
	WordWidth             int
	ProjectIn, ProjectOut string
	// Positions is the tensor of learned positions, in whose row Padding the
	// first position lies; empty if there are none.
	Positions string
	Padding   int
	// Rope turns queries and keys by their positions; nil if nothing does.
	Rope *Rope
	// Norms are those of all sublayers, and FinalNorm names that before the
	// head; empty if there is none.
	Norms     NormKind
	FinalNorm string
	// Block describes block i; names are within it.
	Block func(i int) BlockDescription
}

// BlockDescription is the two sublayers of a block.
type BlockDescription struct {
	Attention AttentionDescription
	Network   NetworkDescription
	// NormLast says that a sublayer's norm follows its addition, rather than
	// being of what the sublayer reads.
	NormLast bool
	// Parallel says that the network reads what the attention does.
	Parallel bool
}

// AttentionDescription is an attention sublayer: its norm and its matrices, Q, K
// and V being pruned in the given order.
type AttentionDescription struct {
	Norm       string
	Q, K, V, O LinearDescription
	KeysFirst  bool // K, V, Q
	Window     int  // how many positions a token sees, itself included; 0 for all
}

// NetworkDescription is a feed-forward sublayer: its norm and its matrices. Gate
// is there if the config says that the model is Gated.
type NetworkDescription struct {
	Norm           string
	Up, Gate, Down LinearDescription
}

// LinearDescription is a matrix, with its bias beside it.
type LinearDescription struct {
	Name string // and, with ".weight" and ".bias" after it, its tensors
	Bias bool
	// First and Of place it in a tensor that has more outputs than the matrix:
	// which of Of is its first. Of is 0 where it is all of its tensor.
	First, Of int
	// Transposed says that the tensor is in × out.
	Transposed bool
	// Tensor is what the tensors begin with, if not Name.
	Tensor string
}

// Read returns the description of a model of architecture a that f, its
// config.json, has.
func (a *Architecture) Read(f *Config) (Description, error) {
	f.RefuseForeign()
	d := a.Describe(a, f)
	d.Arch = a.Type
	if f.Err() != nil {
		return Description{}, fmt.Errorf("arch: %w", f.Err())
	}
	return d, nil
}
