package prune

import (
	"fmt"

	"sparsellm/asm"
	"sparsellm/linalg"
)

// steps are the updates of p, z and s in a chunk of tokens. Each changes its
// variable alone, and reads m, what the weights make of X: W₁X + b₁, W_gX + b_g.
// Without a gate s does nothing.
type steps[T linalg.Float] struct {
	p, z, s func(c chunk[T])
	scope   *linalg.Pool // of their memory
}

// exactSteps returns the steps of SparseLLM, none of which can raise the
// objective.
func (a *alternation[T]) exactSteps() (steps[T], error) {
	return a.newSteps(a.phi, true, true)
}

// newSteps returns the p step with the z and s steps of f, and whether these are
// such that they cannot raise the objective, for the tracer.
func (a *alternation[T]) newSteps(f nonlinearity[T], zLowers, sLowers bool) (u steps[T], err error) {
	alpha, gamma := T(a.penalties.Alpha), T(a.penalties.Gamma)
	u.scope = a.pool.Scope()
	u.z = func(c chunk[T]) {
		a.pool.For(c.x.Rows, func(t int) {
			var s []T
			if a.gate != nil {
				s = c.s.Row(t)
			}
			f.stepZ(c.z.Row(t), c.p.Row(t), c.m.up.Row(t), s, alpha, gamma)
		})
	}
	u.s = func(c chunk[T]) {
		if a.gate == nil {
			return
		}
		a.pool.For(c.x.Rows, func(t int) {
			f.stepS(c.s.Row(t), c.p.Row(t), c.m.gate.Row(t), c.z.Row(t), alpha, gamma)
		})
	}
	u.p, err = a.stepP(u.scope)
	return a.traced(u, zLowers, sLowers), err
}

// stepP returns the p step, which minimises γ‖p − φ‖² + β‖Y − b₂ − W₂p‖²
// (paper, eq. 8), whose solution
//
//	p = (βW₂ᵀW₂ + γI)⁻¹ (βW₂ᵀ(Y − b₂) + γφ)
//
// is, by the push-through identity (AᵀA + cI)⁻¹Aᵀ = Aᵀ(AAᵀ + cI)⁻¹,
//
//	p = φ + W₂ᵀ K⁻¹ (Y − b₂ − W₂φ),   K = W₂W₂ᵀ + (γ/β)I:
//
// a system of the hidden size in place of the intermediate, and a correction
// of φ, which loses no digits where W₂φ is near Y already. The step expects φ in
// the chunk's p, and leaves p there. Its matrices are taken of the pool.
func (a *alternation[T]) stepP(pool *linalg.Pool) (func(chunk[T]), error) {
	step, err := newStepP(pool, a.net.Down, T(a.penalties.Gamma/a.penalties.Beta))
	return func(c chunk[T]) { step(c.p, c.y) }, err
}

// newStepP returns the p step for W₂ and γ/β, which takes φ in p and Y − b₂.
func newStepP[T linalg.Float](pool *linalg.Pool, down linalg.Matrix[T], gammaOverBeta T) (func(p, y linalg.Matrix[T]), error) {
	k := linalg.Take[T](pool, down.Rows, down.Rows)
	defer linalg.GiveBack(pool, k)
	linalg.Syrk(pool, linalg.NoTrans, 1, down, 0, k)
	for i := range k.Rows {
		k.Data[i*k.Stride+i] += gammaOverBeta
	}
	if err := linalg.Potrf(pool, k); err != nil {
		return nil, fmt.Errorf("prune: p step: W₂W₂ᵀ + (γ/β)I: %w", err)
	}
	back := linalg.TakeCopy(pool, down) // K⁻¹·W₂
	linalg.Trsm(pool, linalg.Left, linalg.NoTrans, k, back)
	linalg.Trsm(pool, linalg.Left, linalg.Trans, k, back)
	return func(p, y linalg.Matrix[T]) {
		r := linalg.TakeCopy(pool, y)
		defer linalg.GiveBack(pool, r)
		linalg.Gemm(pool, linalg.NoTrans, linalg.Trans, -1, p, down, 1, r)
		linalg.Gemm(pool, linalg.NoTrans, linalg.NoTrans, 1, r, back, 1, p)
	}, nil
}

// stepReLU is the z step of a network with ReLU and without a gate: for each
// entry the minimiser of α(z − m)² + γ(p − relu(z))², which is the better of
//
//	z = max((γp + αm)/(γ + α), 0)   and   z = min(m, 0).
func stepReLU[T linalg.Float](z, p, m, _ []T, alpha, gamma T) {
	asm.StepReLU(z, p, m, alpha, gamma)
}

// stepSwiGLU is the z step of a network with a SiLU gate: the minimiser of
// α(z − m)² + γ(p − silu(s)·z)²,
//
//	z = (αm + γ·silu(s)·p) / (α + γ·silu(s)²).
func stepSwiGLU[T linalg.Float](z, p, m, s []T, alpha, gamma T) {
	asm.StepSwiGLU(z, p, m, s, alpha, gamma)
}

// stepSiLUGate is the s step. α(s − m)² + γ(p − silu(s)·z)² has no minimiser in
// closed form; a Gauss–Newton step
//
//	s ← s − g/h,  g = α(s − m) − γ(p − silu(s)·z)·z·silu′(s),
//	              h = α + γ(z·silu′(s))²,
//
// is quartered until it lowers it, and left out where six lengths do not.
func stepSiLUGate[T linalg.Float](s, p, m, z []T, alpha, gamma T) {
	asm.NewtonGate(s, p, m, z, alpha, gamma)
}
