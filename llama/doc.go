// Package llama runs models of the LLaMA family (Touvron et al., 2023) on a
// CPU: RMSNorm, rotary positions, grouped-query attention and a SwiGLU
// feed-forward network. Architectures of the family, such as LLaMA 1 to 3,
// Mistral (a sliding window) and Qwen2 (biases of q, k and v), differ by
// config.json and by what package architecture says of them.
//
// It knows nothing of files beyond named tensors, and nothing of pruning.
package llama
