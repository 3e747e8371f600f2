package prune

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"sparsellm/asm"
	"sparsellm/linalg"
)

// Released prunes the network as the authors' released code does
// (BaiTheBest/SparseLLM at 27fe26a), to the last quirk. It differs from the
// paper, and from SparseLLM, in this:
//
//   - the Hessian of W₁ (and of the gate) keeps its damping, so that every
//     epoch damps it once more, and a feature that was dead in the first epoch
//     is alive with H = 1 in the next;
//   - W₁ (up, gate and down) are least squares without a ridge, by the
//     pseudo-inverse of X (of p), and W₂ of a ReLU network takes ten gradient
//     steps on a mean loss instead, which hardly move it;
//   - z of a gated network is right only where α = γ;
//   - s takes two gradient steps of a fixed length, which overshoot where
//     α + γ(z·silu′(s))² > 100;
//   - all weights go that equal a sweep's threshold, so that of weights that
//     are alike all do.
//
// It is here to be compared against, not to be used: on real models it
// diverges. It stops soon after ctx is done.
func Released[T linalg.Float](ctx context.Context, pool *linalg.Pool, prob Problem[T]) (*Outcome[T], error) {
	prob.Held, prob.Anew = 0, false // it has no such things
	if err := CheckNetwork(prob.Net.Activation, prob.Net.gated(), true); err != nil {
		return nil, err
	}
	prob.Spec.released = true
	pool = pool.Scope()
	defer pool.End()
	net, samples := prob.Net, prob.Samples
	dense := net
	if prob.Spec.KeepMask {
		dense = net.clone(pool)
	}
	a, onDense, err := newAlternation(pool, prob, dense, true)
	if err != nil {
		return nil, err
	}
	all := append(a.first(), a.down)
	on := map[*layer[T]]*regression[T]{a.down: onDense} // what each is fitted to

	hx := inputHessian(pool, prob.X, samples)
	out := &Outcome[T]{Input: hx}
	hFirst := hx.Matrix(pool).Clone()
	for ; a.epoch < prob.Epochs; a.epoch++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		traces := map[*layer[T]]weightTrace{}
		for _, l := range all {
			traces[l] = a.watching(l, on[l])
		}
		if a.epoch > 0 {
			for _, l := range all {
				gradient := l == a.down && !net.gated()
				traces[l].run("updated", 0, !gradient, func() error {
					if gradient {
						gradientSteps(pool, l.w, on[l], a.x.Rows)
					} else {
						storeProduct(pool, l.w, on[l].cross, on[l].gram)
					}
					return nil
				})
			}
		}
		hLast := on[a.down].hessian(pool, samples).Matrix(pool)
		if a.epoch == 0 {
			out.Intermediate = hessianOf(hLast.Clone())
		}

		for _, l := range a.first() {
			a.show(l.name+".hessian", 0, hFirst)
		}
		a.show("down.hessian", 0, hLast)
		fFirst, err := factorInPlace(pool, hFirst, prob.Spec.Damping)
		if err != nil {
			return nil, err
		}
		fLast, err := factorInPlace(pool, hLast, prob.Spec.Damping)
		if err != nil {
			return nil, err
		}
		for _, l := range all {
			f := fFirst
			if l == a.down {
				f = fLast
			}
			traces[l].run("pruned", 0, false, func() error {
				l.sweep(pool, f)
				return nil
			})
		}
		linalg.GiveBack(pool, hLast)
		if a.trace != nil {
			actual := a.onActivations(0, a.x.Rows, nil)
			out.Kept = len(out.Objective)
			out.Final = relativeTo(actual.objective(pool, net.Down), actual.energy)
			out.Objective = append(out.Objective, out.Final)
			actual.giveBack(pool)
		}
		if a.epoch == prob.Epochs-1 {
			break // the last p, z and s reach no weight
		}
		steps, err := a.releasedSteps()
		if err != nil {
			return nil, err
		}
		onZ, onS := a.newTargets()
		onP := newRegression(pool, net.Down.Rows, net.Down.Cols, a.acc)
		for c := range a.stepChunks(steps, nil) {
			steps.p(c)
			steps.z(c)
			steps.s(c)
			onZ.addTarget(pool, c.z, net.UpBias, c.x)
			onS.addTarget(pool, c.s, net.GateBias, c.x)
			onP.add(pool, c.y, c.p)
		}
		if a.stored != nil {
			return nil, fmt.Errorf("prune: auxiliary variables: %w", a.stored)
		}
		on[a.down].giveBack(pool)
		on[a.up].giveBackTarget(pool)
		on[a.gate].giveBackTarget(pool)
		on = map[*layer[T]]*regression[T]{a.up: onZ, a.gate: onS, a.down: onP}
	}
	out.handOver(pool)
	return out, nil
}

// inputHessian returns that of X, tokens × features of so many samples.
func inputHessian[T linalg.Float](pool *linalg.Pool, x linalg.Matrix[T], samples int) *Hessian[T] {
	h := NewHessian[T](x.Cols)
	h.Add(pool, x, samples)
	return h
}

// factorInPlace damps h itself, which so keeps its damping, and returns its
// factor.
func factorInPlace[T linalg.Float](pool *linalg.Pool, h linalg.Matrix[T], damping float64) (*Factor[T], error) {
	if err := hessianOf(h).Check(pool); err != nil {
		return nil, err
	}
	f := &Factor[T]{Dead: damp(h, damping), Damping: damping}
	f.R = h.Clone()
	if err := linalg.InverseFactor(pool, f.R); err != nil {
		return nil, fmt.Errorf("prune: Hessian with damping %g: %w", damping, err)
	}
	return f, nil
}

// storeProduct stores A·B⁺ in w, where A·B⁺ = (A·Bᵀ)(B·Bᵀ)⁺ is given by the
// moments ab = A·Bᵀ and the lower triangle of bb = B·Bᵀ. Neither is changed.
func storeProduct[T linalg.Float](pool *linalg.Pool, w linalg.Matrix[T], ab, bb linalg.Matrix[float64]) {
	l := bb.Clone()
	var solution linalg.Matrix[float64]
	if err := linalg.Potrf(pool, l); err == nil {
		solution = ab.Clone()
		linalg.SolveCholesky(pool, l, solution)
	} else {
		solution = linalg.NewMatrix[float64](ab.Rows, ab.Cols)
		linalg.Gemm(pool, linalg.NoTrans, linalg.NoTrans, 1, ab, pseudoInverse(bb), 0, solution)
	}
	store(w, solution)
}

// pseudoInverse returns that of the symmetric matrix whose lower triangle g
// holds, by its eigenvalues. Those that rounding cannot tell from 0 count as 0.
func pseudoInverse(g linalg.Matrix[float64]) linalg.Matrix[float64] {
	n := g.Rows
	sym := mat.NewSymDense(n, nil)
	for i := range n {
		for j := range i + 1 {
			sym.SetSym(i, j, g.At(i, j))
		}
	}
	var eig mat.EigenSym
	inverse := linalg.NewMatrix[float64](n, n)
	if !eig.Factorize(sym, true) {
		inverse.Data[0] = math.NaN() // comes out as an error of the next Hessian
		return inverse
	}
	values := eig.Values(nil)
	var v mat.Dense
	eig.VectorsTo(&v)
	cut := float64(n) * 0x1p-52 * values[n-1]
	for k, lambda := range values {
		if lambda <= cut {
			continue
		}
		for i := range n {
			row, vi := inverse.Row(i), v.At(i, k)/lambda
			for j := range row {
				row[j] += vi * v.At(j, k)
			}
		}
	}
	return inverse
}

// gradientSteps takes the released code's ten steps of length 0.01 on
// mean((W₂p + b₂ − Y)²), whose gradient is (2/(d·N))·(W₂·ppᵀ − (Y − b₂)·pᵀ).
func gradientSteps[T linalg.Float](pool *linalg.Pool, w linalg.Matrix[T], r *regression[T], tokens int) {
	const steps, rate = 10, 0.01
	linalg.Symmetrize(pool, r.gram)
	w64 := linalg.Convert[float64](pool, w)
	g := linalg.NewMatrix[float64](w.Rows, w.Cols)
	for range steps {
		linalg.Copy(g, r.cross)
		linalg.Gemm(pool, linalg.NoTrans, linalg.NoTrans, 1, w64, r.gram, -1, g)
		step := rate * 2 / float64(w.Rows*tokens)
		for i, v := range g.Data {
			w64.Data[i] -= step * v
		}
	}
	store(w, w64)
	linalg.GiveBack(pool, w64)
}

// releasedSteps are its p, z and s steps: of a gated network
// z = (m + silu(s)∘p)/(silu(s)² + 1), right where α = γ alone, and two
// gradient steps of length 0.01 on s.
func (a *alternation[T]) releasedSteps() (steps[T], error) {
	if a.gate == nil {
		return a.exactSteps()
	}
	f := a.phi
	f.stepZ = func(z, p, m, s []T, _, _ T) { asm.StepSwiGLU(z, p, m, s, 1, 1) }
	f.stepS = func(s, p, m, z []T, alpha, gamma T) { asm.DescendGate(s, p, m, z, alpha, gamma, 0.01, 2) }
	return a.newSteps(f, a.penalties.Alpha == a.penalties.Gamma, false)
}

// store rounds src to w's type.
func store[T linalg.Float](w linalg.Matrix[T], src linalg.Matrix[float64]) {
	for i := range w.Rows {
		row := w.Row(i)
		for j, v := range src.Row(i) {
			row[j] = T(v)
		}
	}
}
