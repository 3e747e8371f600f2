// Package model says what a decoder-only language model is to the rest of the
// program: an embedding, a row of decoder blocks that are loaded one at a
// time, and a head. It holds what the architectures share.
//
// Data flows from a Source of named tensors (a checkpoint folder, perhaps with
// pruned weights laid over it) through Model.Block to a Block, whose two
// sublayers a Pass runs in place on hidden states. These are matrices with a
// row per token (tokens × hidden): the paper's X, whose columns are tokens, is
// the transpose.
//
// The package knows nothing of file formats and nothing of pruning. Packages
// opt and llama implement it, each for a family of architectures, which
// internal/architecture lists; a new family is one more such folder.
package model
