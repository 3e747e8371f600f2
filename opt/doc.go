// Package opt runs models of the OPT family (Zhang et al., 2022) on a CPU:
// LayerNorm, learned positions, multi-head attention and a ReLU feed-forward
// network, with biases. That of 350M parameters norms after each sublayer and
// has word embeddings narrower than the model.
//
// It knows nothing of files beyond named tensors, and nothing of pruning.
package opt
