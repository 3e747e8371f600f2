// Package llama has the architectures after LLaMA (Touvron et al., 2023), with
// RMSNorm, rotary positions, grouped-query attention and a SwiGLU feed-forward
// network. Each is a file: its names and what it chooses; what they share is in
// family.go. LLaMA 1 to 3, Mistral (a sliding window) and Qwen2 (biases of q, k
// and v) differ by little.
//
// It computes nothing: package internal/decoder runs what it describes.
package llama
