package pipeline

import (
	"errors"
	"fmt"
	"io"
	"sort"
	"time"

	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/prune"
)

// pruneNetwork prunes a feed-forward network of block i as a whole; in is the
// input of its sublayer, all tokens × hidden, and routes what the sublayer's Route
// says of it. Of an expert that too few tokens reach it prunes each matrix by
// itself, and the outcome is empty.
func (r *run[T]) pruneNetwork(i int, n coupledNetwork[T], in linalg.Matrix[T], routes [][]int) (*prune.Outcome[T], error) {
	start := time.Now()
	x, held := in, r.heldOut()
	if routes != nil {
		reach := routes[n.index]
		if r.tooFew(n.matrices[0].stage, len(reach)) {
			for _, l := range n.matrices {
				if err := r.pruneAlone(i, l, prune.NewHessian[T](l.stage.Width), len(reach)); err != nil {
					return nil, err
				}
			}
			return &prune.Outcome[T]{}, nil
		}
		x, held = rowsAt(in, reach), len(reach)-sort.SearchInts(reach, in.Rows-held)
	}
	net := &prune.FFN[T]{
		Activation: string(n.Activation),
		Up:         n.Up.Matrix(), UpBias: n.Up.Bias,
		Down: n.Down.Matrix(), DownBias: n.Down.Bias,
	}
	if n.Gate != nil {
		net.Gate, net.GateBias = n.Gate.Matrix(), n.Gate.Bias
	}
	scope := r.pool.Scope()
	defer scope.End()
	dense := make([]linalg.Matrix[T], len(n.matrices))
	for k, l := range n.matrices {
		dense[k] = linalg.TakeCopy(scope, l.Matrix())
	}
	observe := func(s prune.Step[T]) {
		if r.opt.Observe != nil {
			r.opt.Observe(i, s)
		}
	}
	prob := prune.Problem[T]{
		Net: net, X: x, Samples: len(r.samples),
		Spec: r.opt.Spec, Shares: r.shares(n.Network), Penalties: r.opt.Penalties, Epochs: r.opt.Epochs, Observe: observe,
		Held: held, Local: prune.NewLocal[T](r.opt.Local), Anew: r.opt.Anew,
	}
	slots := map[string]model.Slot{"up": n.Up.Slot}
	if n.Gate != nil {
		slots["gate"] = n.Gate.Slot
	}
	prob.Round = func(name string, w linalg.Matrix[T]) { r.opt.Sink.Round(slots[name], w) }
	alternate := prune.SparseLLM[T]
	if r.opt.Compat {
		alternate = prune.Released[T]
		prob.Epochs = releasedEpochs(n.Gate != nil, i, prob.Epochs)
	}
	report := &NetworkReport{}
	if r.opt.Trace != nil {
		prob.Trace = func(c prune.Change) {
			report.note(c, r.opt.Compat)
			r.opt.Trace(i, c)
		}
	}
	var made []prune.Storage[T]
	if r.opt.Storage != nil {
		prob.Storage = func(tokens, features int) (prune.Storage[T], error) {
			s, err := r.opt.Storage(tokens, features)
			made = append(made, s)
			return s, err
		}
	}
	out, err := alternate(r.ctx, r.pool, prob)
	for _, s := range made {
		if c, ok := s.(io.Closer); ok {
			err = errors.Join(err, c.Close())
		}
	}
	if err != nil {
		return nil, fmt.Errorf("feed-forward network: %w", err)
	}
	report.settle(out.Objective, out.Held, out.Kept, out.Final)
	share := start.Add(time.Since(start) * time.Duration(len(dense)-1) / time.Duration(len(dense)))
	for k, l := range n.matrices {
		h, about := out.Input, MatrixReport{}
		if l.Linear == n.Down {
			h, about = out.Intermediate, MatrixReport{Network: report}
		}
		if err := r.finish(i, l.Linear, dense[k], h, share, about); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// rowsAt returns a copy of some rows of m.
func rowsAt[T linalg.Float](m linalg.Matrix[T], rows []int) linalg.Matrix[T] {
	some := linalg.NewMatrix[T](len(rows), m.Cols)
	for k, t := range rows {
		copy(some.Row(k), m.Row(t))
	}
	return some
}

// enoughToHold is from how many samples on some are held out: of fewer, all
// that there are do more good in the fits.
const enoughToHold = 32

// HeldOut returns how many of the last of so many samples decide between epochs:
// an eighth, where they suffice.
func HeldOut(samples int) int {
	if samples < enoughToHold {
		return 0
	}
	return samples / 8
}

// heldOut returns how many tokens those have.
func (r *run[T]) heldOut() (tokens int) {
	k := len(r.lengths)
	for _, n := range r.lengths[k-HeldOut(k):] {
		tokens += n
	}
	return tokens
}
