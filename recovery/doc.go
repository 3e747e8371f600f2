// Package recovery fits the weights that are left in a pruned model to the dense
// model that it came from, as a whole, by gradients. Zeros stay zero: only kept
// weights have gradients and moments.
//
// The loss is the Kullback-Leibler divergence of the pruned model's next token
// from the dense one's, mean over the n tokens of a step, with logits l of the
// pruned and t of the dense model:
//
//	L = 1/n·Σ softmax(t)·(log softmax(t) − log softmax(l))
//	∂L/∂l = (softmax(l) − softmax(t))/n
//
// From there the chain rule goes back through head and blocks, for which
// model.Differentiable has it; for a linear y = W·x + b with tokens as rows,
//
//	∂L/∂x = ∂L/∂y·W,  ∂L/∂W = (∂L/∂y)ᵀ·x, of which the entries of kept weights count
//
// and Adam (Kingma and Ba, 2015) moves each kept weight against it:
//
//	m ← β₁m + (1 − β₁)g,  v ← β₂v + (1 − β₂)g²
//	w ← w − rate·m/(1 − β₁ᵏ)/(√(v/(1 − β₂ᵏ)) + ε)
//
// Hidden states are kept once a block, and what lies within computed anew; a
// linear moves as soon as its gradient is known, so that there is one gradient in
// memory at a time; logits exist for some tokens at a time. Results are the same,
// bit for bit, for any number of threads, where steps are counted rather than
// timed.
//
// The package knows models by their interfaces alone: no files, no
// architectures, no pruning.
package recovery
