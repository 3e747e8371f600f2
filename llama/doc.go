// Package llama runs models of the LLaMA family on a CPU: RMSNorm, rotary
// positions, grouped-query attention and a SwiGLU feed-forward network. It
// knows nothing of files beyond named tensors, and nothing of pruning.
package llama
