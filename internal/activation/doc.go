// Package activation has the activations φ of feed-forward networks by name:
// what a forward pass and the alternation of package prune both compute. Those
// that cost have kernels in packages linalg and asm, the others are loops.
//
// It knows nothing of models, and nothing of how z and s step.
package activation
