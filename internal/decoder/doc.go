// Package decoder holds the parts that decoder blocks of all architectures are
// made of: reading config.json, loading tensors of the shapes it implies,
// norms, and causal attention computed tile by tile.
//
// All matrices have a row per token. What runs in parallel gives the same bits
// for any number of threads: threads share out tokens and heads, never the
// terms of a sum.
//
// The package knows no architecture: which parts make a block, under which
// names, is said by packages opt and llama.
package decoder
