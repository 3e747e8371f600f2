// Package likelihood measures how likely a model finds continuations of contexts.
//
// The sequences of all requests are sorted, so that those that begin alike stand
// together, and what each shares with the one before it is run once
// (model.Sequences.Shared). They go through the model in groups without padding,
// the groups of a batch a block at a time, so that each block is loaded once per
// batch. Logits are made of the positions that predict a continuation alone.
// What is in a group follows from the requests, not from the number of threads,
// and so do the results.
//
// The package knows token ids and model.Model. It knows nothing of text, of files
// or of what the requests are for.
package likelihood
