// Package model says what a decoder-only language model is to the rest of the
// program: an embedding, a row of decoder blocks that are loaded one at a
// time, and a head. It holds what the architectures share.
//
// Data flows from a Source of named tensors (a checkpoint folder, perhaps with
// pruned weights laid over it) through Model.Block to a Block. That is a list of
// sublayers, each a few stages: linears that read the same input. A Pass runs
// them in place on hidden states. These are matrices with a row per token
// (tokens × hidden): the paper's X, whose columns are tokens, is the transpose.
// A linear's weight may be in memory in any form (Weight) and lie anywhere in
// the checkpoint (Slot).
//
// The package knows nothing of file formats and nothing of pruning. Package
// internal/decoder implements it for the architectures of packages opt and
// llama, which internal/architecture lists.
package model
