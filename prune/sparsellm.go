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
//	repeat  p  ← argmin γ‖p − φ(z)‖² + β‖Y − W₂p‖²
//	        z  ← argmin α‖z − W₁X‖² + γ‖p − φ(z)‖²
//	        s  ← lower  α‖s − W_gX‖² + γ‖p − φ(z)‖²     of a gated network
//	        W₁ ← argmin ‖z − WX‖² + λ‖W − W₀‖², pruned
//	        W_g, likewise, for s
//	        W₂ ← argmin ‖Y − Wφ(W₁X)‖² + λ‖W − W₀‖², pruned
//
// from z and s of the dense network and weights that are each pruned for their
// own output (epoch 0: SparseGPT). It departs from the paper in this:
//
//   - W₁, W_g and W₂ have a ridge towards the dense weights W₀: without one
//     they drift along directions in which X hardly varies, which the
//     objective does not see and the next text does.
//   - W₂ is fitted to the activations φ(W₁X) of the pruned W₁, rather than to
//     p, which no network produces.
//   - s takes a Gauss–Newton step that is shortened until it lowers the
//     objective. The released gradient steps diverge.
//   - Epoch 1 updates W₂ alone. W₁ already is best for its own output there,
//     which no p has moved yet; it is pruned anew if another method is to.
//   - The weights of the epoch with the least ‖Y − f(X)‖² are kept, SparseGPT's
//     among them, and the first epoch after 1 that does not lower it is the
//     last: no step of a sweep need lower anything.
//   - Tokens that are held out of the fits, if any are, decide which: on those
//     that are fitted later epochs look better than they are.
//   - At last the kept weights of W₂ are fitted once more, to all tokens, since
//     a sweep repairs a weight only for those that it prunes after it.
//
// It stops soon after ctx is done.
func SparseLLM[T linalg.Float](ctx context.Context, pool *linalg.Pool, prob Problem[T]) (*Outcome[T], error) {
	scope := pool.Scope()
	defer scope.End()
	a, err := newSparseLLM(scope, prob)
	if err != nil {
		return nil, err
	}
	if err := a.sparseGPT(); err != nil {
		return nil, err
	}
	a.produce()
	if !a.judge() {
		return nil, fmt.Errorf("prune: the output of the network that SparseGPT leaves is not finite: its error is %v", a.out.Objective[0])
	}
	for a.epoch = 1; a.epoch < prob.Epochs; a.epoch++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if a.epoch == 1 {
			if err := a.takeLocal(); err != nil {
				return nil, err
			}
		} else {
			steps, err := a.exactSteps()
			if errors.Is(err, linalg.ErrNotPositiveDefinite) {
				// So large has W₂ become, of few tokens and no damping, that no
				// step leads on from here.
				break
			}
			if err != nil {
				return nil, err
			}
			onZ, onS := a.newTargets()
			for c := range a.stepChunks(steps, a.now.m) {
				steps.p(c)
				steps.z(c)
				steps.s(c)
				onZ.addTarget(a.pool, c.z, a.net.UpBias, c.x)
				onS.addTarget(a.pool, c.s, a.net.GateBias, c.x)
			}
			if a.stored != nil {
				return nil, fmt.Errorf("prune: auxiliary variables: %w", a.stored)
			}
			if err := a.updateFirst(a.up, onZ); err != nil { // W₁
				return nil, err
			}
			if err := a.updateFirst(a.gate, onS); err != nil { // W_g
				return nil, err
			}
			a.produce()
		}
		if err := a.updateLast(); err != nil { // W₂
			return nil, err
		}
		if !a.judge() && a.epoch > 1 {
			break
		}
	}
	if err := a.finish(); err != nil {
		return nil, err
	}
	a.out.handOver(scope)
	return a.out, nil
}
