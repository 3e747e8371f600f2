package prune

import "sparsellm/linalg"

// coupled is a network under SparseLLM: the alternation, the matrices with
// their dense weights, and the best weights so far. Its memory is a scope's.
type coupled[T linalg.Float] struct {
	*alternation[T]
	prob     Problem[T]
	first    []*local[T] // up and, if gated, gate
	down     *local[T]
	onDense  *regression[T]         // of Y − b₂ on the dense activations
	gram     linalg.Matrix[float64] // X·Xᵀ of the tokens that are fitted
	inputFit *ridgeFit[T]
	out      *Outcome[T]
	dense    *FFN[T]
	now      *produced[T]
	best     *FFN[T]
	onBest   *produced[T]     // perhaps now
	residual linalg.Matrix[T] // of best.Down on onBest.fit
}

func newCoupled[T linalg.Float](pool *linalg.Pool, prob Problem[T]) *coupled[T] {
	net, dense := prob.Net, prob.Net.clone(pool)
	upSpec, gateSpec, downSpec := prob.specs()
	s := &coupled[T]{prob: prob, dense: dense, down: &local[T]{name: "down", w: net.Down, dense: dense.Down, spec: downSpec}}
	s.alternation, s.onDense = newAlternation(pool, prob, dense, false)
	s.first = []*local[T]{{name: "up", w: net.Up, dense: dense.Up, spec: upSpec}}
	if net.gated() {
		s.first = append(s.first, &local[T]{name: "gate", w: net.Gate, dense: dense.Gate, spec: gateSpec})
	}
	s.gram = s.alternation.gram()
	onX := &regression[T]{gram: s.gram}
	s.out = &Outcome[T]{Input: onX.hessian(pool, prob.Samples), Hidden: s.onDense.hessian(pool, prob.Samples)}
	onX.forgetRounded(pool)
	return s
}

// pruneAlone prunes each matrix for its own dense output by a sweep: SparseGPT.
func (s *coupled[T]) pruneAlone() error {
	if err := s.pruneFirst(); err != nil {
		return err
	}
	dense := s.onDense
	s.onDense = nil // it is large, and only this asks for it
	defer dense.giveBack(s.pool)
	return s.prune(s.down, s.out.Hidden, s.watching(s.down, func() *regression[T] { return dense }))
}

// pruneFirst prunes the first matrices, each for its own dense output.
func (s *coupled[T]) pruneFirst() error {
	for _, l := range s.first {
		w := s.watching(l, func() *regression[T] { return ownOutput(s.pool, l.dense, s.gram) })
		if err := s.prune(l, s.out.Input, w); err != nil {
			return err
		}
	}
	s.round()
	return nil
}

// round rounds the first matrices to what will be stored of them.
func (s *coupled[T]) round() {
	if s.prob.Round != nil {
		for _, l := range s.first {
			s.prob.Round(l.name, l.w)
		}
	}
}

// takeLocal makes the local method prune the matrices from now on, and the
// first ones anew.
func (s *coupled[T]) takeLocal() error {
	s.down.method = s.prob.Local
	for _, l := range s.first {
		l.method = s.prob.Local
		linalg.Copy(l.w, l.dense)
	}
	return s.pruneFirst()
}

func (s *coupled[T]) prune(l *local[T], h *Hessian[T], w watch) error {
	err := w.do("pruned", 0, false, func() error { return l.prune(s.pool, h) })
	s.note(l.name+".pruned", 0, l.w)
	return err
}

// refitFirst fits the first matrices to the auxiliary variables, of which it
// takes the moments, and prunes them.
func (s *coupled[T]) refitFirst(mom *moments[T]) error {
	defer mom.giveBack(s.pool)
	if s.inputFit == nil { // the same in every epoch
		var err error
		if s.inputFit, err = newRidgeFit[T](s.pool, s.gram, inputRidge); err != nil {
			return err
		}
	}
	onZ, onS := mom.fits(s.gram)
	for k, target := range []*regression[T]{onZ, onS}[:len(s.first)] {
		defer target.forgetRounded(s.pool)
		l := s.first[k]
		w := s.watching(l, func() *regression[T] { return target })
		err := w.do("updated", s.inputFit.ridge, true, func() error {
			s.inputFit.solve(s.pool, l.w, l.dense, target)
			return nil
		})
		if err != nil {
			return err
		}
		s.note(l.name+".updated", 0, l.w)
		if err := s.prune(l, s.out.Input, w); err != nil {
			return err
		}
	}
	s.round()
	return nil
}

// refitLast fits the last matrix to what reaches it now, and prunes it.
func (s *coupled[T]) refitLast() error {
	w := s.watching(s.down, func() *regression[T] { return s.now.fit })
	h, err := s.now.fit.refit(s.pool, s.down, s.prob.Samples, downRidges, w)
	h.GiveBack(s.pool)
	s.note("down.pruned", 0, s.down.w)
	return err
}

// keep compares the weights with the best so far, and says whether they are
// better: on the tokens that were held out, if any were, without being worse
// on the whole than those of the first epoch.
func (s *coupled[T]) keep() (better bool) {
	now, out, epoch := s.now, s.out, len(s.out.Objective)
	residual := now.fit.residual(s.pool, s.net.Down)
	objective := now.fit.objectiveOf(s.pool, s.net.Down, residual)
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
func (s *coupled[T]) finish() error {
	linalg.Copy(s.net.Up, s.best.Up)
	linalg.Copy(s.net.Down, s.best.Down)
	if s.net.gated() {
		linalg.Copy(s.net.Gate, s.best.Gate)
	}
	s.out.Final = s.out.Objective[s.out.Kept]
	if s.onBest.held == nil {
		s.out.m, s.onBest.m = s.onBest.m, nil
	}
	if s.prob.Epochs == 1 {
		return nil
	}
	on, residual := s.onBest.fit, s.residual
	if s.onBest.held != nil {
		on = on.plus(s.pool, s.onBest.held)
		residual = on.residual(s.pool, s.net.Down)
	}
	if err := on.polishKept(s.pool, s.down, downRidges, residual, s.watching(s.down, func() *regression[T] { return on })); err != nil {
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
