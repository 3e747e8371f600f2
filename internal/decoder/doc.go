// Package decoder runs decoder-only models as a Description has them: what the
// parts are called, and which of them an architecture chooses. It reads
// config.json, loads tensors of the shapes that follow, and computes embeddings,
// norms, rotary positions, causal attention by tiles and feed-forward networks.
//
// All matrices have a row per token. What runs in parallel gives the same bits
// for any number of threads: threads share out tokens and heads, never the
// terms of a sum.
//
// It also says how a model lies in a GGUF file (gguf.go), from the same
// description.
//
// The package knows no architecture by name: packages opt and llama describe
// them.
package decoder
