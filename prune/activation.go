package prune

import (
	"fmt"

	"sparsellm/asm"
	"sparsellm/internal/activation"
	"sparsellm/linalg"
)

// nonlinearity is a network's activation φ with the steps that the alternation takes for
// it. Slices are of one length, and worked on entry by entry; m is what the
// weights make of X: W₁X + b₁ where z steps, W_gX + b_g where s does.
type nonlinearity[T linalg.Float] struct {
	// row writes p = φ(z) or, with a gate, p = φ(s)∘z to dst, which may be z.
	row func(dst, z, s []T)
	// stepZ and stepS do not raise α(z − m)² + γ(p − φ)² and α(s − m)² +
	// γ(p − φ)². Without a gate stepZ has no s, and stepS is nil.
	stepZ func(z, p, m, s []T, alpha, gamma T)
	stepS func(s, p, m, z []T, alpha, gamma T)
}

// phiOf returns φ of that name, with its steps.
func phiOf[T linalg.Float](name string, gated bool) (f nonlinearity[T], err error) {
	phi, err := activation.Named(name)
	if err != nil {
		return f, fmt.Errorf("prune: %w: choose a method that prunes each matrix for itself", err)
	}
	if f.row, err = activation.Row[T](name, gated); err != nil {
		return f, fmt.Errorf("prune: %w", err)
	}
	value, err := activation.Row[T](name, false)
	if err != nil {
		return f, fmt.Errorf("prune: %w", err)
	}
	inner := stepInner[T](phi)
	switch {
	case phi == activation.Function{} && !gated:
		f.stepZ = stepReLU[T]
	case phi.Smooth == asm.SiLU && gated:
		f.stepZ, f.stepS = stepSwiGLU[T], stepSiLUGate[T]
	case gated:
		f.stepZ, f.stepS = stepGated(value), inner
	default:
		f.stepZ = inner
	}
	return f, nil
}

// CheckNetwork returns an error unless SparseLLM, or Released, has steps for the z,
// and s, of a network with that activation and with or without a gate.
func CheckNetwork(activation string, gated, released bool) error {
	if _, err := phiOf[float32](activation, gated); err != nil {
		return err
	}
	if released && gated && !isSiLU(activation) {
		return fmt.Errorf("prune: the released code has no steps for the activation %q with a gate: prune without its quirks", activation)
	}
	return nil
}

// isSiLU reports whether a name is one of SiLU's.
func isSiLU(name string) bool {
	phi, err := activation.Named(name)
	return err == nil && phi.Smooth == asm.SiLU
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
