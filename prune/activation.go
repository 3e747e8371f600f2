package prune

import (
	"fmt"

	"sparsellm/internal/activation"
	"sparsellm/linalg"
)

// nonlinearity is a network's activation φ with the steps that the alternation takes for
// it. Slices are of one length, and worked on entry by entry; m is what the
// weights make of X: W₁X + b₁ where z steps, W_gX + b_g where s does.
type nonlinearity[T linalg.Float] struct {
	activation.Function // φ and φ′ of a number
	// row writes p = φ(z) or, with a gate, p = φ(s)∘z to dst, which may be z.
	row func(dst, z, s []T)
	// stepZ and stepS do not raise α(z − m)² + γ(p − φ)² and α(s − m)² +
	// γ(p − φ)². stepS is nil without a gate.
	stepZ func(z, p, m, s []T, alpha, gamma T)
	stepS func(s, p, m, z []T, alpha, gamma T)
}

// kind is an activation, and whether it is of a gate.
type kind struct {
	activation string // transformers' name
	gated      bool
}

// stepsOf returns the z and s steps of the activations that have some.
func stepsOf[T linalg.Float]() map[kind]nonlinearity[T] {
	return map[kind]nonlinearity[T]{
		{"relu", false}: {stepZ: stepReLU[T]},
		{"silu", true}:  {stepZ: stepSwiGLU[T], stepS: stepSiLUGate[T]},
	}
}

// phiOf returns φ of that name, with its steps.
func phiOf[T linalg.Float](name string, gated bool) (nonlinearity[T], error) {
	if name == "" {
		return nonlinearity[T]{}, fmt.Errorf("prune: the feed-forward network does not say what its activation is")
	}
	f, ok := stepsOf[T]()[kind{name, gated}]
	if !ok {
		with := map[bool]string{false: "without", true: "with"}
		return f, fmt.Errorf("prune: the alternation has no steps for the activation %q %s a gate: choose a method that prunes each matrix for itself", name, with[gated])
	}
	f.Function, _ = activation.Named(name)
	var err error
	if f.row, err = activation.Row[T](name, gated); err != nil {
		return f, fmt.Errorf("prune: %w", err)
	}
	return f, nil
}

// CheckNetwork returns an error unless the alternation has steps for the z, and
// s, of a network with that activation and with or without a gate.
func CheckNetwork(activation string, gated bool) error {
	_, err := phiOf[float32](activation, gated)
	return err
}

// activate writes the activations p of z and, of a gated network, s to dst; all
// are tokens × intermediate, and s is the zero Matrix where there is no gate. dst
// may be z.
func (f nonlinearity[T]) activate(pool *linalg.Pool, dst, z, s linalg.Matrix[T]) {
	pool.For(z.Rows, func(t int) {
		if s.Rows > 0 {
			f.row(dst.Row(t), z.Row(t), s.Row(t))
		} else {
			f.row(dst.Row(t), z.Row(t), nil)
		}
	})
}
