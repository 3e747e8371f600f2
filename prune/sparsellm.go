package prune

import (
	"context"
	"errors"
	"fmt"

	"sparsellm/linalg"
)

// SparseLLM prunes a feed-forward network as a whole by the paper's
// alternation (Bai et al. 2024, algorithm 1),
//
//	repeat  W₁ ← argmin ‖z − WX‖² + λ‖W − W₀‖², pruned by the local method
//	        W₂ ← argmin ‖Y − Wφ(W₁X)‖² + λ‖W − W₀‖², pruned likewise
//	        p  ← argmin γ‖p − φ(z)‖² + β‖Y − W₂p‖²
//	        z  ← argmin α‖z − W₁X‖² + γ‖p − φ(z)‖²     linalg.StepReLU, StepSwiGLU
//	        s  ← lower  α‖s − W_gX‖² + γ‖p − φ(z)‖²    linalg.NewtonGate
//	W₂ ← argmin ‖Y − Wφ(W₁X)‖² + λ‖W − W₀‖² on its support
//
// with two departures. W₁ and W₂ are fitted by least squares with a ridge
// towards the dense weights, since a plain one drifts along directions in
// which X hardly varies. And W₂ is fitted to the activations that the pruned
// W₁ really produces rather than to the auxiliary p, which no network does.
//
// The first epoch is SparseGPT's result; in the second W₁ is still pruned for
// its own dense output. The weights of the epoch with the lowest ‖Y − f(X)‖² are
// kept, on the tokens that are held out if any are, and the first epoch of the
// alternation that does not lower it is the last. It stops soon after ctx is
// done.
func SparseLLM[T linalg.Float](ctx context.Context, pool *linalg.Pool, prob Problem[T]) (*Outcome[T], error) {
	scope := pool.Scope()
	defer scope.End()
	s := newCoupled(scope, prob)
	if err := s.pruneAlone(); err != nil {
		return nil, err
	}
	s.produce()
	if !s.keep() {
		return nil, fmt.Errorf("prune: the output of the network that SparseGPT leaves is not finite: its error is %v", s.out.Objective[0])
	}
epochs:
	for s.epoch = 1; s.epoch < prob.Epochs; s.epoch++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		switch {
		case s.epoch == 1 && prob.Local != nil:
			if err := s.takeLocal(); err != nil {
				return nil, err
			}
			s.produce()
		case s.epoch > 1:
			s.last = s.epoch == prob.Epochs-1
			mom, err := s.updateAuxiliaries(exactSteps[T](s.net.gated()), s.now.m, false)
			if errors.Is(err, linalg.ErrNotPositiveDefinite) {
				// So large has W₂ become, of few tokens and no damping, that no
				// step leads on from here.
				break epochs
			}
			if err != nil {
				return nil, err
			}
			if s.last {
				s.forget()
			}
			if err := s.refitFirst(mom); err != nil {
				return nil, err
			}
			s.produce()
		}
		if err := s.refitLast(); err != nil {
			return nil, err
		}
		if !s.keep() && s.epoch > 1 {
			break
		}
	}
	if err := s.finish(); err != nil {
		return nil, err
	}
	s.out.handOver(scope)
	return s.out, nil
}

// exactSteps are the z and s steps that cannot raise the objective: the exact
// minimisers for z, a safeguarded Gauss–Newton step for s.
func exactSteps[T linalg.Float](gated bool) updates[T] {
	if !gated {
		return updates[T]{zLowers: true, z: func(z, p, m, _ []T, alpha, gamma T) { linalg.StepReLU(z, p, m, alpha, gamma) }}
	}
	return updates[T]{zLowers: true, sLowers: true, z: linalg.StepSwiGLU[T], s: linalg.NewtonGate[T]}
}
