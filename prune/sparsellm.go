package prune

import (
	"context"

	"sparsellm/linalg"
)

// Shares of the mean diagonal of a Gram matrix, by which least squares are
// drawn towards the dense weights.
const (
	ridge       = 0.1   // of a fit to what the pruned network produces, before the sweep
	inputRidge  = 0.001 // of the fit of W₁ to z, which stands near W₁X already
	polishRidge = 0.03  // of the fit on a support, which has fewer weights to go astray
)

// SparseLLM prunes a feed-forward network as a whole by the paper's
// alternation (Bai et al. 2024, algorithm 1),
//
//	repeat  W₁ ← argmin ‖z − WX‖² + λ‖W − W₀‖², pruned by a sweep
//	        W₂ ← argmin ‖Y − Wφ(W₁X)‖² + λ‖W − W₀‖², pruned, fitted once more
//	        p  ← argmin γ‖p − φ(z)‖² + β‖Y − W₂p‖²
//	        z  ← argmin α‖z − W₁X‖² + γ‖p − φ(z)‖²     linalg.StepReLU, StepSwiGLU
//	        s  ← lower  α‖s − W_gX‖² + γ‖p − φ(z)‖²    linalg.NewtonGate
//
// with two departures. W₁ and W₂ are fitted by least squares with a ridge
// towards the dense weights, since a plain one drifts along directions in
// which X hardly varies. And W₂ is fitted to the activations that the pruned
// W₁ really produces rather than to the auxiliary p, which no network does.
//
// The first epoch is SparseGPT's result, the second leaves W₁ as it is. The
// weights of the epoch with the lowest ‖Y − f(X)‖² are kept, and the first
// epoch of the alternation that does not lower it is the last. It stops soon
// after ctx is done.
func SparseLLM[T linalg.Float](ctx context.Context, pool *linalg.Pool, prob Problem[T]) (*Outcome[T], error) {
	net, spec := prob.Net, prob.Spec
	dense := net.clone()
	a, onDense := newAlternation(pool, prob, false)
	gram := a.gram()
	out := &Outcome[T]{Input: hessianOfGram[T](gram, prob.Samples), Hidden: onDense.hessian(prob.Samples)}
	inputFactor, err := out.Input.Factor(pool, spec.Damping)
	if err != nil {
		return nil, err
	}
	inputFit, err := newRidgeFit(pool, gram, inputRidge)
	if err != nil {
		return nil, err
	}
	upSpec, gateSpec, downSpec := prob.specs()
	up := &local[T]{name: "up", w: net.Up, dense: dense.Up, spec: upSpec}
	gate := &local[T]{name: "gate", w: net.Gate, dense: dense.Gate, spec: gateSpec}
	down := &local[T]{name: "down", w: net.Down, dense: dense.Down, spec: downSpec}
	pruneMatrix := func(l *local[T], f *Factor[T], w watch) {
		w.do("pruned", 0, false, func() { l.sweep(pool, f) })
		a.note(l.name+".pruned", 0, l.w)
	}
	pruneAlone := func(l *local[T], f *Factor[T]) { // for its own dense output
		pruneMatrix(l, f, a.watching(l, l.dense, func() *regression[T] { return ownOutput(pool, l.dense, gram) }))
	}
	refit := func(l *local[T], target *regression[T]) {
		w := a.watching(l, l.dense, func() *regression[T] { return target })
		w.do("updated", inputFit.lambda, true, func() { solveRidge(pool, inputFit, l.w, target.cross, l.dense) })
		a.note(l.name+".updated", 0, l.w)
		pruneMatrix(l, inputFactor, w)
	}
	var best *FFN[T]
	keep := func(actual *regression[T]) (better bool) {
		objective := actual.relative(pool, net.Down)
		better = best == nil || objective < out.Objective[out.Kept]
		if better {
			best, out.Kept = net.clone(), len(out.Objective)
		}
		out.Objective = append(out.Objective, objective)
		return better
	}

	// Epoch 0 is SparseGPT: each matrix for itself, from the dense inputs.
	pruneAlone(up, inputFactor)
	if net.gated() {
		pruneAlone(gate, inputFactor)
	}
	hiddenFactor, err := out.Hidden.Factor(pool, spec.Damping)
	if err != nil {
		return nil, err
	}
	pruneMatrix(down, hiddenFactor, a.watching(down, dense.Down, func() *regression[T] { return onDense }))
	actual := a.actual()
	keep(actual)

	for a.epoch = 1; a.epoch < prob.Epochs; a.epoch++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if a.epoch > 1 {
			mom, err := a.updateAuxiliaries(exactSteps[T](net.gated()), false)
			if err != nil {
				return nil, err
			}
			onZ, onS := mom.fits(gram)
			refit(up, onZ)
			if net.gated() {
				refit(gate, onS)
			}
			actual = a.actual()
		}
		w := a.watching(down, dense.Down, func() *regression[T] { return actual })
		if _, err := actual.refit(pool, down, prob.Samples, w); err != nil {
			return nil, err
		}
		a.note("down.pruned", 0, down.w)
		if !keep(actual) && a.epoch > 1 {
			break
		}
	}
	linalg.Copy(net.Up, best.Up)
	linalg.Copy(net.Down, best.Down)
	if net.gated() {
		linalg.Copy(net.Gate, best.Gate)
	}
	return out, nil
}

// exactSteps are the z and s steps that cannot raise the objective: the exact
// minimisers for z, a safeguarded Gauss–Newton step for s.
func exactSteps[T linalg.Float](gated bool) updates[T] {
	if !gated {
		return updates[T]{zLowers: true, z: func(z, p, m, _ []T, alpha, gamma T) { linalg.StepReLU(z, p, m, alpha, gamma) }}
	}
	return updates[T]{zLowers: true, sLowers: true, z: linalg.StepSwiGLU[T], s: linalg.NewtonGate[T]}
}

// actual returns the regression of Y − b₂ on the activations that the network
// now produces, φ(W₁X).
func (a *alternation[T]) actual() *regression[T] {
	f := a.net.Up.Rows
	reg := a.newRegression()
	n := min(chunkTokens, a.x.Rows)
	zBuf := linalg.NewMatrix[T](n, f)
	var sBuf linalg.Matrix[T]
	if a.net.gated() {
		sBuf = linalg.NewMatrix[T](n, f)
	}
	a.eachChunk(func(c chunk[T]) {
		z, s := zBuf.Slice(0, c.x.Rows, 0, f), linalg.Matrix[T]{}
		affine(a.pool, z, c.x, a.net.Up, a.net.UpBias)
		if a.net.gated() {
			s = sBuf.Slice(0, c.x.Rows, 0, f)
			affine(a.pool, s, c.x, a.net.Gate, a.net.GateBias)
		}
		activate(a.pool, z, z, s)
		reg.add(a.pool, c.y, z)
	})
	return reg
}
