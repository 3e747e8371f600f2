// Package opt runs models of the OPT family on a CPU: LayerNorm, learned
// positions, multi-head attention and a ReLU feed-forward network, all with
// biases. It knows nothing of files beyond named tensors, and nothing of
// pruning.
package opt
