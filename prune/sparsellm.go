package prune

import (
	"context"
	"fmt"

	"sparsellm/linalg"
)

// ridge is λ of the weight updates, as a share of the mean diagonal of the
// Gram matrix.
const ridge = 0.1

// SparseLLM prunes a feed-forward network as a whole by the paper's
// alternation (Bai et al. 2024, algorithm 1),
//
//	repeat  fit W₁ to z, and prune it               (ridgeFit, sweep)
//	        fit W₂ to what reaches it, and prune it (ridgeFit, sweep)
//	        p ← argmin γ‖p − φ(z)‖² + β‖Y − W₂p‖²   (activationSolver)
//	        z ← argmin α‖z − W₁X‖² + γ‖p − φ(z)‖²   (reluZ, gatedZ)
//	        s ← lower   α‖s − W_gX‖² + γ‖p − φ(z)‖² (gateStep)
//
// with two departures. W₁ and W₂ are fitted by least squares with a ridge
// towards the dense weights, since a plain one drifts along directions in
// which X hardly varies. And W₂ is fitted to the activations that the pruned
// W₁ really produces rather than to the auxiliary p, which no network does.
//
// The first epoch is SparseGPT's result; the weights of the epoch with the
// lowest ‖Y − f(X)‖² are kept. It stops soon after ctx is done.
func SparseLLM[T linalg.Float](ctx context.Context, pool *linalg.Pool, prob Problem[T]) (*Outcome[T], error) {
	net, spec := prob.Net, prob.Spec
	dense := net.clone()
	a, mom := newAlternation(pool, prob)
	out := &Outcome[T]{Input: inputHessian(pool, prob.X, prob.Samples), Hidden: hessianOfGram[T](mom.pp, prob.Samples)}
	inputFactor, err := out.Input.Factor(pool, spec.Damping)
	if err != nil {
		return nil, err
	}
	inputFit, err := newRidgeFit(pool, a.gram(), ridge)
	if err != nil {
		return nil, err
	}
	first := []*local[T]{{name: "up", w: net.Up, dense: dense.Up}}
	if net.gated() {
		first = append(first, &local[T]{name: "gate", w: net.Gate, dense: dense.Gate})
	}
	last := &local[T]{name: "down", w: net.Down, dense: dense.Down}

	var best *FFN[T]
	keep := func(m *moments) {
		objective := a.objective(m)
		if best == nil || objective < out.Objective[out.Kept] {
			best, out.Kept = net.clone(), len(out.Objective)
		}
		out.Objective = append(out.Objective, objective)
	}

	// SparseGPT: each matrix for itself, from the dense network's inputs.
	for _, l := range first {
		l.sweep(pool, inputFactor, spec)
		a.note(l.name+".pruned", 0, l.w)
	}
	hiddenFactor, err := out.Hidden.Factor(pool, spec.Damping)
	if err != nil {
		return nil, err
	}
	last.sweep(pool, hiddenFactor, spec)
	a.note("down.pruned", 0, last.w)
	actual := a.actualMoments()
	keep(actual)

	for a.epoch = 1; a.epoch < prob.Epochs; a.epoch++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if a.epoch > 1 {
			mom, err := a.updateAuxiliaries(updates[T]{z: stableZ[T](net.gated()), s: gateStep[T]}, zMoments)
			if err != nil {
				return nil, err
			}
			for _, l := range first {
				target := mom.zx
				if l.name == "gate" {
					target = mom.sx
				}
				solveRidge(pool, inputFit, l.w, target, l.dense)
				a.note(l.name+".updated", 0, l.w)
				l.sweep(pool, inputFactor, spec)
				a.note(l.name+".pruned", 0, l.w)
			}
			actual = a.actualMoments()
		}
		hiddenFit, err := newRidgeFit(pool, actual.pp, ridge)
		if err != nil {
			return nil, err
		}
		solveRidge(pool, hiddenFit, last.w, actual.yp, last.dense)
		a.note("down.updated", 0, last.w)
		f, err := hessianOfGram[T](actual.pp, prob.Samples).Factor(pool, spec.Damping)
		if err != nil {
			return nil, err
		}
		last.sweep(pool, f, spec)
		a.note("down.pruned", 0, last.w)
		keep(actual)
	}
	linalg.Copy(net.Up, best.Up)
	linalg.Copy(net.Down, best.Down)
	if net.gated() {
		linalg.Copy(net.Gate, best.Gate)
	}
	return out, nil
}

// ridgeFit solves least squares with a ridge towards given weights, for one
// Gram matrix X·Xᵀ:
//
//	W = argmin ‖A − WX‖² + λ‖W − W₀‖² = (A·Xᵀ + λW₀)(X·Xᵀ + λI)⁻¹
type ridgeFit struct {
	l      linalg.Matrix[float64] // Cholesky factor of X·Xᵀ + λI
	lambda float64
}

// newRidgeFit takes the lower triangle of the Gram matrix and λ as a share of
// its mean diagonal.
func newRidgeFit(pool *linalg.Pool, gram linalg.Matrix[float64], share float64) (*ridgeFit, error) {
	fit := &ridgeFit{l: gram.Clone()}
	var trace float64
	for i := range gram.Rows {
		trace += gram.At(i, i)
	}
	fit.lambda = share * trace / float64(gram.Rows)
	for i := range gram.Rows {
		fit.l.Data[i*fit.l.Stride+i] += fit.lambda
	}
	if err := linalg.Potrf(pool, fit.l); err != nil {
		return nil, fmt.Errorf("prune: weight update: X·Xᵀ + λI: %w", err)
	}
	return fit, nil
}

// solveRidge stores the solution in w, for ax = A·Xᵀ and the dense weights w0,
// all out × in.
func solveRidge[T linalg.Float](pool *linalg.Pool, r *ridgeFit, w linalg.Matrix[T], ax linalg.Matrix[float64], w0 linalg.Matrix[T]) {
	b := ax.Clone()
	for i := range b.Rows {
		row := b.Row(i)
		for j, v := range w0.Row(i) {
			row[j] += r.lambda * float64(v)
		}
	}
	linalg.SolveCholesky(pool, r.l, b)
	store(w, b)
}

// stableZ returns the exact z step: reluZ, or of a gated network
//
//	z = (α·m + γ·silu(s)∘p) / (α + γ·silu(s)²)
func stableZ[T linalg.Float](gated bool) func(w Weights, z, p, m, s linalg.Matrix[T]) {
	if !gated {
		return reluZ[T]
	}
	return func(w Weights, z, p, m, s linalg.Matrix[T]) {
		alpha, gamma := T(w.Alpha), T(w.Gamma)
		for i := range z.Rows {
			zi, pi, mi := z.Row(i), p.Row(i), m.Row(i)
			for j, sv := range s.Row(i) {
				g := silu(sv)
				zi[j] = (alpha*mi[j] + gamma*g*pi[j]) / (alpha + gamma*g*g)
			}
		}
	}
}

// gateStep lowers α(s − m)² + γ(p − silu(s)·z)² per entry by one Gauss–Newton
// step,
//
//	g = 2α(s − m) − 2γ(p − silu(s)·z)·z·silu′(s)
//	h = 2α + 2γ(z·silu′(s))²
//	s ← s − g/h,
//
// quartered until it does, and left out if six quarterings do not help: the
// objective of no entry can rise.
func gateStep[T linalg.Float](w Weights, s, p, m, z linalg.Matrix[T]) {
	alpha, gamma := T(w.Alpha), T(w.Gamma)
	for i := range s.Rows {
		si, pi, mi := s.Row(i), p.Row(i), m.Row(i)
		for j, zv := range z.Row(i) {
			cost := func(s T) T {
				d, e := s-mi[j], pi[j]-silu(s)*zv
				return alpha*d*d + gamma*e*e
			}
			v := si[j]
			slope := zv * siluSlope(v)
			g := alpha*(v-mi[j]) - gamma*(pi[j]-silu(v)*zv)*slope
			step, before := g/(alpha+gamma*slope*slope), cost(v)
			for range 6 {
				if cost(v-step) < before {
					si[j] = v - step
					break
				}
				step /= 4
			}
		}
	}
}

// actualMoments returns the moments of the activations that the network now
// produces: pp = a·aᵀ and yp = (Y − b₂)·aᵀ, a = φ(W₁X).
func (a *alternation[T]) actualMoments() *moments {
	f := a.net.Up.Rows
	mom := newMoments(a.net, pMoments)
	n := min(chunkTokens, a.x.Rows)
	z := linalg.NewMatrix[T](n, f)
	var s linalg.Matrix[T]
	if a.net.gated() {
		s = linalg.NewMatrix[T](n, f)
	}
	a.eachChunk(func(c chunk[T]) {
		c.z = z.Slice(0, c.x.Rows, 0, f)
		affine(a.pool, c.z, c.x, a.net.Up, a.net.UpBias)
		if a.net.gated() {
			c.s = s.Slice(0, c.x.Rows, 0, f)
			affine(a.pool, c.s, c.x, a.net.Gate, a.net.GateBias)
		}
		activate(c.z, c.z, c.s)
		a.accumulate(mom, c, c.z)
	})
	return mom
}

// objective returns ‖Y − b₂ − W₂a‖² / ‖Y − b₂‖² from the moments of the actual
// activations a:
//
//	‖Y − b₂‖² − 2⟨W₂, (Y − b₂)aᵀ⟩ + ⟨W₂·aaᵀ, W₂⟩
func (a *alternation[T]) objective(m *moments) float64 {
	w := linalg.Convert[float64](a.net.Down)
	linalg.Symmetrize(m.pp)
	wpp := linalg.NewMatrix[float64](w.Rows, w.Cols)
	linalg.Gemm(a.pool, linalg.NoTrans, linalg.NoTrans, 1, w, m.pp, 0, wpp)
	yy := dot(a.y, a.y)
	if yy == 0 {
		return 0
	}
	return (yy - 2*dot(w, m.yp) + dot(wpp, w)) / yy
}

// hessianOfGram returns the Hessian of which gram is the lower triangle of
// X·Xᵀ.
func hessianOfGram[T linalg.Float](gram linalg.Matrix[float64], samples int) *Hessian[T] {
	h := linalg.Convert[T](gram)
	scale(h, 2/T(samples))
	linalg.Symmetrize(h)
	return HessianOf(h)
}
