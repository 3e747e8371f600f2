package decoder

import "sparsellm/model"

// Description is a model as its config.json has it: what its parts are called,
// and what it chooses. What is left out is not there, or is neutral.
type Description struct {
	model.Config
	// WordWidth is that of the word embeddings; where that is not Hidden,
	// ProjectIn and ProjectOut are tensors that lead to it and back.
	WordWidth             int
	ProjectIn, ProjectOut string
	// EmbeddingScale is what word embeddings are multiplied by, and
	// EmbeddingNorm names a norm of the embeddings.
	EmbeddingScale float64
	EmbeddingNorm  string
	// Positions is the tensor of learned positions, in whose row Padding the
	// first position lies.
	Positions string
	Padding   int
	// Norms are those of all sublayers, and FinalNorm names that before the
	// head.
	Norms     NormKind
	FinalNorm string
	// HeadBias is a tensor. Logits are multiplied by LogitScale, and then cut to
	// LogitCap by a hyperbolic tangent.
	HeadBias             string
	LogitScale, LogitCap float64
	// Block describes block i; names are within it.
	Block func(i int) BlockDescription
}

// BlockDescription is the two sublayers of a block. Convolution is in place of
// Attention, and Experts are in place of Network, if not nil.
type BlockDescription struct {
	Attention   AttentionDescription
	Convolution *ConvolutionDescription
	Network     NetworkDescription
	Experts     *ExpertsDescription
	// NormLast says that a sublayer's norm follows its addition, rather than
	// being of what the sublayer reads.
	NormLast bool
	// Parallel says that the second sublayer reads what the first does.
	Parallel bool
	// Residual is what a sublayer's output is multiplied by before its addition.
	Residual float64
}

// Norms names the norms of a sublayer: of what it reads, and of what it adds.
type Norms struct{ Input, Output string }

// AttentionDescription is an attention sublayer, with its matrices Q, K, V and
// O.
type AttentionDescription struct {
	Norms
	Q, K, V, O LinearDescription
	KeysFirst  bool // K and V are pruned before Q
	// QKV is one matrix in place of Q, K and V: of each head a query, a key and a
	// value, one after another.
	QKV LinearDescription
	// QNorm and KNorm name norms of the queries and keys, of each head by itself
	// or of all as one. With OwnNorms each head has its own norm, without a bias,
	// whose number follows the name.
	QNorm, KNorm        string
	NormHeads, OwnNorms bool
	Rope                *Rope   // turns queries and keys by their positions
	ALiBi               bool    // scores fall with the distance (Press et al., 2022)
	Window              int     // how many positions a token sees, itself included; 0 for all
	Scale               float64 // of the scores; 0: 1/√HeadDim
	Cap                 float64 // to which scores are cut by a hyperbolic tangent
	Clip                float64 // to which queries, keys and values are cut
}

// NetworkDescription is a feed-forward sublayer with its matrices. Gate is there
// if the config says that the model is Gated.
type NetworkDescription struct {
	Norms
	Up, Gate, Down LinearDescription
	Width          int // 0: the config's Intermediate
}

// ExpertsDescription is a feed-forward sublayer of which each token reaches a
// few networks: the Active ones that the softmax of Router's scores is largest
// for, weighted by it.
type ExpertsDescription struct {
	Norms
	Router    string // a matrix, experts × hidden; it is not pruned
	Experts   []NetworkDescription
	Active    int
	Normalise bool // the weights of the active ones add up to 1
}

// ConvolutionDescription is a gated short convolution (LFM2): In makes b, c and x,
// and Out reads c∘(filter ∗ (b∘x)), the filter being one for each feature, over
// the last Length positions.
type ConvolutionDescription struct {
	Norms
	In, Out LinearDescription
	Filter  string // with ".weight", and ".bias" if Bias
	Bias    bool
	Length  int
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
