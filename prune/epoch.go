package prune

import "sparsellm/linalg"

// sparseLLM is a network under SparseLLM: the alternation, and the best weights
// so far. Its memory is a scope's.
type sparseLLM[T linalg.Float] struct {
	*alternation[T]
	prob     Problem[T]
	onDense  *regression[T] // of Y − b₂ on the dense activations
	fitX     *ridgeFit[T]   // of anything on X
	out      *Outcome[T]
	now      *outputFit[T]
	best     *FFN[T]
	onBest   *outputFit[T]    // perhaps now
	residual linalg.Matrix[T] // of best.Down on onBest.fitted
}

func newSparseLLM[T linalg.Float](pool *linalg.Pool, prob Problem[T]) (*sparseLLM[T], error) {
	s := &sparseLLM[T]{prob: prob}
	var err error
	s.alternation, s.onDense, err = newAlternation(pool, prob, prob.Net.clone(pool), false)
	if err != nil {
		return nil, err
	}
	s.out = &Outcome[T]{Input: s.onX.hessian(pool, prob.Samples), Intermediate: s.onDense.hessian(pool, prob.Samples), phi: s.phi}
	s.onX.forgetRounded(pool)
	return s, nil
}

// sparseGPT prunes each matrix for its own dense output by a sweep.
func (s *sparseLLM[T]) sparseGPT() error {
	if err := s.pruneFirst(); err != nil {
		return err
	}
	defer s.onDense.giveBack(s.pool) // it is large, and only this asks for it
	return s.down.pruneTraced(s.pool, s.out.Intermediate, s.watching(s.down, s.onDense))
}

// pruneFirst prunes the first matrices, each for its own dense output.
func (s *sparseLLM[T]) pruneFirst() error {
	for _, l := range s.first() {
		if err := l.pruneTraced(s.pool, s.out.Input, s.watching(l, nil)); err != nil {
			return err
		}
		if err := s.round(l); err != nil {
			return err
		}
	}
	return nil
}

// round rounds a first matrix to what will be stored of it.
func (s *sparseLLM[T]) round(l *layer[T]) error {
	if err := Settle(s.pool, l.w, s.out.Input, l.spec); err != nil {
		return err
	}
	if s.prob.Round != nil {
		s.prob.Round(l.name, l.w)
	}
	return nil
}

// takeLocal has the local method, if it is not a sweep, prune all matrices from
// now on, and at once W₁ and W_g, from their dense weights.
func (s *sparseLLM[T]) takeLocal() error {
	if s.prob.Local == nil {
		return nil
	}
	s.down.method = s.prob.Local
	for _, l := range s.first() {
		l.method = s.prob.Local
		linalg.Copy(l.w, l.dense)
	}
	if err := s.pruneFirst(); err != nil {
		return err
	}
	s.produce()
	return nil
}

// updateFirst fits W₁ or W_g to z or s and prunes it. Without a gate l is nil.
func (s *sparseLLM[T]) updateFirst(l *layer[T], target *regression[T]) error {
	if l == nil {
		return nil
	}
	if s.fitX == nil { // the same in every epoch
		var err error
		if s.fitX, err = newRidgeFit[T](s.pool, s.onX.gram, inputRidge); err != nil {
			return err
		}
	}
	err := l.update(s.pool, target, s.fitX, s.out.Input, s.watching(l, target))
	target.giveBackTarget(s.pool)
	if err != nil {
		return err
	}
	return s.round(l)
}

// updateLast fits W₂ to what reaches it now and prunes it.
func (s *sparseLLM[T]) updateLast() error {
	on := s.now.fitted
	h, err := on.refit(s.pool, s.down, s.prob.Samples, downRidges, s.watching(s.down, on))
	h.GiveBack(s.pool)
	return err
}

// judge compares the weights with the best so far, and says whether they are
// better: on the tokens that were held out, if any were, without being worse
// on the whole than the weights of the first epoch.
func (s *sparseLLM[T]) judge() (better bool) {
	now, out, epoch := s.now, s.out, len(s.out.Objective)
	residual := now.fitted.residual(s.pool, s.net.Down)
	objective := now.fitted.objectiveOf(s.pool, s.net.Down, residual)
	if now.held != nil {
		held := now.held.objective(s.pool, s.net.Down)
		objective += held
		out.Held = append(out.Held, relativeTo(held, now.held.energy))
		better = epoch == 0 || out.Held[epoch] < out.Held[out.Kept]
	}
	out.Objective = append(out.Objective, relativeTo(objective, s.energy))
	if now.held == nil {
		better = epoch == 0 || out.Objective[epoch] < out.Objective[out.Kept]
	}
	if better = better && out.Objective[epoch] <= out.Objective[0]; !better {
		linalg.GiveBack(s.pool, residual)
		return false
	}
	s.best.giveBack(s.pool)
	linalg.GiveBack(s.pool, s.residual)
	if s.onBest != now {
		s.onBest.giveBack(s.pool)
	}
	out.Kept, s.best, s.onBest, s.residual = epoch, s.net.clone(s.pool), now, residual
	return true
}

// finish restores the best weights and fits the last matrix once more, on its
// support, to all tokens.
func (s *sparseLLM[T]) finish() error {
	linalg.Copy(s.net.Up, s.best.Up)
	linalg.Copy(s.net.Down, s.best.Down)
	if s.net.gated() {
		linalg.Copy(s.net.Gate, s.best.Gate)
	}
	s.out.Final = s.out.Objective[s.out.Kept]
	if s.onBest.held == nil {
		s.out.m, s.onBest.m = s.onBest.m, nil
	}
	if s.prob.Epochs == 1 && s.prob.Spec.Grid == nil {
		return nil
	}
	on, residual := s.onBest.fitted, s.residual
	if s.onBest.held != nil {
		on = on.plus(s.pool, s.onBest.held)
		residual = on.residual(s.pool, s.net.Down)
	}
	if s.prob.Epochs > 1 {
		if err := s.polish(on, residual); err != nil {
			return err
		}
	}
	return s.settle(on)
}

// polish fits the last matrix once more, on its support, to the targets of on.
func (s *sparseLLM[T]) polish(on *regression[T], residual linalg.Matrix[T]) error {
	if err := on.polishKept(s.pool, s.down, downRidges, residual, s.watching(s.down, on)); err != nil {
		return err
	}
	// The ridge may cost more than the fit gains, if hardly ever.
	if final := relativeTo(on.objectiveOf(s.pool, s.net.Down, residual), s.energy); final <= s.out.Final {
		s.out.Final = final
	} else {
		linalg.Copy(s.net.Down, s.best.Down)
	}
	return nil
}

// settle moves the last matrix to the grid, if there is one.
func (s *sparseLLM[T]) settle(on *regression[T]) error {
	if s.prob.Spec.Grid == nil {
		return nil
	}
	h := on.hessian(s.pool, s.prob.Samples)
	defer h.GiveBack(s.pool)
	if err := Settle(s.pool, s.net.Down, h, s.down.spec); err != nil {
		return err
	}
	s.out.Final = relativeTo(on.objective(s.pool, s.net.Down), s.energy)
	return nil
}
