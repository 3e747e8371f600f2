// Package perplexity measures how well a model predicts rows of token ids, and how
// far its predictions are from another model's.
//
// Rows go through the model in batches, a block at a time, so that each block
// is loaded once per batch and no two are in memory. Logits are made for a few
// tokens at a time.
//
// The package knows nothing of text, files or pruning.
package perplexity
