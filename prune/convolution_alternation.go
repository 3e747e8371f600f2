package prune

import (
	"context"
	"fmt"
	"math"

	"sparsellm/linalg"
)

// ConvolutionProblem is a gated short convolution to be pruned as a whole.
type ConvolutionProblem[T linalg.Float] struct {
	Net *Convolution[T] // dense; pruned in place
	// Each calls f with the convolution's inputs, tokens × hidden, and the lengths
	// of the sequences that they fall into, the same whenever it is called.
	Each    func(f func(x linalg.Matrix[T], lengths []int)) error
	Samples int
	InSpec  Spec
	OutSpec Spec
	Epochs  int       // of the alternation, at least 1; the first is SparseGPT
	Local   Method[T] // as in Problem
	Round   func(in linalg.Matrix[T])
}

// convolutionAlternation is a convolution under the alternation.
type convolutionAlternation[T linalg.Float] struct {
	ConvolutionProblem[T]
	pool    *linalg.Pool // a scope
	in, out *layer[T]
	dense   Convolution[T]
	acc     *accumulator[T]
	onX     *regression[T]
	alpha   float64
	now     *regression[T] // of Y on what is left to Out
	fitX    *ridgeFit[T]
	found   *Outcome[T]
}

// PruneConvolution prunes a gated short convolution as SparseLLM does a
// feed-forward network:
//
//	repeat  p   ← argmin γ‖p − p₀‖² + ‖Y − Out·p‖²
//	        z   ← lower  α‖z − In·X‖² + ‖p − c ∘ (Filter ∗ (b ∘ v))‖²,  z = (b, c, v)
//	        In  ← argmin ‖z − W·X‖² + λ‖W − W₀‖², pruned, and fitted on its support
//	        Out ← argmin ‖Y − W·p′‖² + λ‖W − W₀‖², likewise
//
// p₀ being what the dense In leads to, and p′ what the pruned one does. α is the
// mean square of p₀ over that of the dense z, and γ that of the rows of Out, so
// that the scales of the weights are of no account. Given two
// of b, c and v, the output is linear in the third, so that each of their steps
// has its minimum in closed form. In is pruned for the Hessian of X: a row of its
// own path through filter and gates would have one of its own. Epoch 0 prunes each
// matrix for its own dense output (SparseGPT), epoch 1 updates Out alone; the
// weights of the epoch with the least ‖Y − Out·p′‖² are kept, and the first after
// 1 that does not lower it is the last.
func PruneConvolution[T linalg.Float](ctx context.Context, pool *linalg.Pool, prob ConvolutionProblem[T]) (*Outcome[T], error) {
	scope := pool.Scope()
	defer scope.End()
	a := &convolutionAlternation[T]{ConvolutionProblem: prob, pool: scope, acc: &accumulator[T]{}, found: &Outcome[T]{}}
	if err := a.run(ctx); err != nil {
		return nil, err
	}
	a.found.Input.handOver(scope)
	a.found.Intermediate.handOver(scope)
	return a.found, nil
}

func (a *convolutionAlternation[T]) run(ctx context.Context) error {
	net := a.Net
	a.dense = *net
	a.dense.In, a.dense.Out = linalg.TakeCopy(a.pool, net.In), linalg.TakeCopy(a.pool, net.Out)
	a.in = &layer[T]{w: net.In, dense: a.dense.In, spec: a.InSpec}
	a.out = &layer[T]{w: net.Out, dense: a.dense.Out, spec: a.OutSpec}
	if err := a.sparseGPT(); err != nil {
		return err
	}
	best := Convolution[T]{In: linalg.TakeCopy(a.pool, net.In), Out: linalg.TakeCopy(a.pool, net.Out)}
	if !a.judge() {
		return fmt.Errorf("prune: the output of the convolution that SparseGPT leaves is not finite")
	}
	for epoch := 1; epoch < a.Epochs; epoch++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := a.updateIn(epoch); err != nil {
			return err
		}
		if err := a.updateOut(); err != nil {
			return err
		}
		if a.judge() {
			linalg.Copy(best.In, net.In)
			linalg.Copy(best.Out, net.Out)
		} else if epoch > 1 {
			break
		}
	}
	linalg.Copy(net.In, best.In)
	linalg.Copy(net.Out, best.Out)
	a.found.Final = a.found.Objective[a.found.Kept]
	return nil
}

// sparseGPT finds the Hessians of the dense convolution, and prunes each matrix
// for its own output by a sweep.
func (a *convolutionAlternation[T]) sparseGPT() error {
	onDense := newRegression(a.pool, a.Net.Out.Rows, a.Net.Out.Cols, a.acc)
	a.onX = &regression[T]{gram: linalg.TakeZero[float64](a.pool, a.Net.In.Cols, a.Net.In.Cols), acc: a.acc}
	var ofZ float64
	err := a.each(func(c *convolutionChunk[T]) {
		a.acc.gram(a.pool, a.onX.gram, c.x)
		z := c.preactivations(a.pool, &a.dense)
		ofZ += dot(a.pool, z, z)
		a.acc.gram(a.pool, onDense.gram, c.inner(a.pool, &a.dense))
	})
	if err != nil {
		return err
	}
	a.alpha = 1
	if ofP := 3 * meanDiagonal(onDense.gram) * float64(a.Net.Out.Cols); ofP > 0 && ofZ > 0 { // z has three times as many features
		a.alpha = ofP / ofZ
	}
	a.found.Input, a.found.Intermediate = a.onX.hessian(a.pool, a.Samples), onDense.hessian(a.pool, a.Samples)
	onDense.giveBack(a.pool)
	for _, h := range []*Hessian[T]{a.found.Input, a.found.Intermediate} {
		if err := h.Check(a.pool); err != nil {
			return err
		}
	}
	if err := a.pruneIn(); err != nil {
		return err
	}
	if err := a.out.prune(a.pool, a.found.Intermediate); err != nil {
		return err
	}
	return a.produce()
}

// pruneIn prunes In for its own dense output.
func (a *convolutionAlternation[T]) pruneIn() error {
	err := a.in.prune(a.pool, a.found.Input)
	a.Round(a.in.w)
	return err
}

// produce finds the regression of Y on what In, which has changed, now leads to.
func (a *convolutionAlternation[T]) produce() error {
	if a.now != nil {
		a.now.giveBack(a.pool)
	}
	a.now = newRegression(a.pool, a.Net.Out.Rows, a.Net.Out.Cols, a.acc)
	return a.each(func(c *convolutionChunk[T]) {
		y := linalg.Take[T](c.scope, c.x.Rows, a.Net.Out.Rows)
		affine(a.pool, y, c.inner(a.pool, &a.dense), a.dense.Out, nil)
		a.now.add(a.pool, y, c.inner(a.pool, a.Net))
	})
}

// judge compares the weights with the best so far, and says whether they are
// better.
func (a *convolutionAlternation[T]) judge() bool {
	o := a.found
	epoch, v := len(o.Objective), relativeTo(a.now.objective(a.pool, a.Net.Out), a.now.energy)
	o.Objective = append(o.Objective, v)
	better := epoch == 0 && v-v == 0 || v < o.Objective[o.Kept]
	if better {
		o.Kept = epoch
	}
	return better
}

// updateIn fits In to what Out wants of it, and prunes it. In the first epoch it
// stays, but for another method's pruning.
func (a *convolutionAlternation[T]) updateIn(epoch int) (err error) {
	if epoch == 1 {
		if a.Local == nil {
			return nil
		}
		a.in.method, a.out.method = a.Local, a.Local
		linalg.Copy(a.in.w, a.in.dense)
		if err := a.pruneIn(); err != nil {
			return err
		}
		return a.produce()
	}
	if a.fitX == nil {
		if a.fitX, err = newRidgeFit[T](a.pool, a.onX.gram, inputRidge); err != nil {
			return err
		}
	}
	scope := a.pool.Scope()
	defer scope.End()
	gamma := dot(a.pool, a.Net.Out, a.Net.Out) / float64(a.Net.Out.Rows)
	step, err := newStepP(scope, a.Net.Out, max(T(gamma), math.SmallestNonzeroFloat32))
	if err != nil {
		return err
	}
	onZ := a.onX.another(a.pool, a.in.w.Rows)
	err = a.each(func(c *convolutionChunk[T]) {
		p, y := c.inner(a.pool, &a.dense), linalg.Take[T](c.scope, c.x.Rows, a.Net.Out.Rows)
		affine(a.pool, y, p, a.dense.Out, nil)
		step(p, y)
		z := c.preactivations(a.pool, a.Net)
		a.Net.step(a.pool, z, p, c.lengths, a.alpha)
		onZ.addTarget(a.pool, z, a.Net.InBias, c.x)
	})
	if err != nil {
		return err
	}
	if err := a.in.update(a.pool, onZ, a.fitX, a.found.Input, nil); err != nil {
		return err
	}
	residual := onZ.residual(a.pool, a.in.w)
	err = onZ.polishKept(a.pool, a.in, ridges{polish: inputRidge}, residual, nil)
	linalg.GiveBack(a.pool, residual)
	onZ.giveBackTarget(a.pool)
	if err != nil {
		return err
	}
	a.Round(a.in.w)
	return a.produce()
}

// updateOut fits Out to what reaches it now, and prunes it.
func (a *convolutionAlternation[T]) updateOut() error {
	h, err := a.now.refit(a.pool, a.out, a.Samples, outRidges, nil)
	if err != nil {
		return err
	}
	h.GiveBack(a.pool)
	residual := a.now.residual(a.pool, a.out.w)
	defer linalg.GiveBack(a.pool, residual)
	return a.now.polishKept(a.pool, a.out, outRidges, residual, nil)
}

// convolutionChunk is some sequences that pass by.
type convolutionChunk[T linalg.Float] struct {
	x       linalg.Matrix[T]
	lengths []int
	scope   *linalg.Pool // of the memory that is taken for them
}

func (a *convolutionAlternation[T]) each(f func(c *convolutionChunk[T])) error {
	return a.Each(func(x linalg.Matrix[T], lengths []int) {
		scope := a.pool.Scope()
		defer scope.End()
		f(&convolutionChunk[T]{x, lengths, scope})
	})
}

// preactivations returns b, c and v, tokens × 3·features.
func (c *convolutionChunk[T]) preactivations(pool *linalg.Pool, n *Convolution[T]) linalg.Matrix[T] {
	z := linalg.Take[T](c.scope, c.x.Rows, n.In.Rows)
	affine(pool, z, c.x, n.In, n.InBias)
	return z
}

// inner returns what is left to Out, tokens × features.
func (c *convolutionChunk[T]) inner(pool *linalg.Pool, n *Convolution[T]) linalg.Matrix[T] {
	z := c.preactivations(pool, n)
	p := linalg.Take[T](c.scope, c.x.Rows, n.Out.Cols)
	n.run(pool, p, z, c.lengths)
	return p
}
