// Package generate continues texts with a language model, a token at a time. A
// Decoder holds a model's blocks in memory, runs a sequence's tokens once each
// (model.Cache keeps what later ones need of them), and chooses those that
// follow: the likeliest, or drawn as Sampling says. Text makes them text.
//
// Results are the same for any number of threads. They are those of a pass over
// the whole sequence, to rounding: a few tokens may be multiplied by other
// kernels than many.
//
// The package knows model.Model and token ids. It knows no files, no tokenizers
// beyond what Text asks of one, and no terminals.
package generate
