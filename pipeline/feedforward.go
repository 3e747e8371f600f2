package pipeline

import (
	"errors"
	"fmt"
	"io"
	"time"

	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/prune"
)

// pruneFFN prunes block i's feed-forward network as a whole.
func (r *run[T]) pruneFFN(i int, ffn model.FFN[T], x linalg.Matrix[T]) (*prune.Outcome[T], error) {
	if err := prune.CheckNetwork(string(ffn.Activation), ffn.Gate != nil); err != nil {
		return nil, err
	}
	start := time.Now()
	net := &prune.FFN[T]{
		Up: ffn.Up.Weight, UpBias: ffn.Up.Bias,
		Down: ffn.Down.Weight, DownBias: ffn.Down.Bias,
	}
	linears := []*model.Linear[T]{ffn.Up}
	if ffn.Gate != nil {
		net.Gate, net.GateBias = ffn.Gate.Weight, ffn.Gate.Bias
		linears = append(linears, ffn.Gate)
	}
	linears = append(linears, ffn.Down)
	scope := r.pool.Scope()
	defer scope.End()
	dense := make([]linalg.Matrix[T], len(linears))
	for k, l := range linears {
		dense[k] = linalg.TakeCopy(scope, l.Weight)
	}
	observe := func(s prune.Step[T]) {
		if r.opt.Observe != nil {
			r.opt.Observe(i, s)
		}
	}
	prob := prune.Problem[T]{
		Net: net, X: x, Samples: len(r.samples),
		Spec: r.opt.Spec, Shares: r.shares(ffn), Penalties: r.opt.Weights, Epochs: r.opt.Epochs, Observe: observe,
		Held: r.heldOut(), Local: prune.NewLocal[T](r.opt.Local), Anew: r.opt.Anew,
	}
	if r.opt.Round != nil {
		tensors := map[string]string{"up": ffn.Up.Tensor}
		if ffn.Gate != nil {
			tensors["gate"] = ffn.Gate.Tensor
		}
		prob.Round = func(name string, w linalg.Matrix[T]) { r.opt.Round(tensors[name], w) }
	}
	alternate := prune.SparseLLM[T]
	if r.opt.Compat {
		alternate = prune.Released[T]
		prob.Epochs = releasedEpochs(ffn.Gate != nil, i, prob.Epochs)
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
	share := start.Add(time.Since(start) * time.Duration(len(linears)-1) / time.Duration(len(linears)))
	for k, l := range linears {
		h, network := out.Input, (*NetworkReport)(nil)
		if l.Site == model.FFNHidden {
			h, network = out.Intermediate, report
		}
		if err := r.finish(i, l, dense[k], h, share, network); err != nil {
			return nil, err
		}
	}
	return out, nil
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
