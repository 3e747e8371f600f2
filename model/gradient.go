package model

import "sparsellm/linalg"

// Gradient is told of a linear that has been run backward: dy, tokens ×
// outputs, is the derivative of a loss by the linear's output, and in, tokens ×
// inputs, what the linear read, so that dyᵀ·in is the loss's derivative by the
// weight. The matrices are only valid during the call, which may change the
// weight: it is not looked at again.
type Gradient[T linalg.Float] func(l *Linear[T], dy, in linalg.Matrix[T])

// Differentiable is a Sublayer that can be run backward.
type Differentiable[T linalg.Float] interface {
	Sublayer[T]
	// Backward takes dx, the derivative of a loss by the hidden states that the
	// sublayer leaves for x, and makes it that by x; both are tokens × hidden,
	// of sequences of the given lengths. All that lies between is computed anew.
	// grad, if not nil, is told of each linear.
	Backward(pool *linalg.Pool, x, dx linalg.Matrix[T], lengths []int, grad Gradient[T])
}

// DifferentiableModel is a Model whose head can be run backward.
type DifferentiableModel[T linalg.Float] interface {
	Model[T]
	// BackLogits writes the derivative of a loss by hidden states x to dx, tokens ×
	// hidden both, given the logits of x and the derivative by them, which it
	// changes.
	BackLogits(pool *linalg.Pool, dx, x, logits, dlogits linalg.Matrix[T]) error
}
