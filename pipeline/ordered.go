package pipeline

import (
	"fmt"
	"time"

	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/prune"
)

// pruneInOrder prunes block i in the order in which data flows through it, so
// that what comes later is fitted to what really reaches it:
//
//	q, k, v   by their own Hessian, from the dense block
//	o         fitted to the heads' output as the pruned q, k and v make it,
//	          for the output that the dense attention had
//	FFN       as a whole, on its input after the pruned attention
//
// It leaves the pruned block's output in hidden.
func (r *run[T]) pruneInOrder(i int, b model.Block[T], selected map[model.Site][]*model.Linear[T]) error {
	heads, err := r.pruneAttention(i, b, selected)
	if err != nil {
		return err
	}
	x := linalg.Take[T](r.pool, r.hidden.Rows, r.hidden.Cols)
	err = r.eachBatch(func(s batch) error {
		h := rowsOf(s, r.hidden)
		b.AddHeads(r.pool, h, rowsOf(s, heads))
		b.FFNInput(r.pool, rowsOf(s, x), h)
		return nil
	})
	if err != nil {
		return err
	}
	linalg.GiveBack(r.pool, heads)
	if err := finiteSamples(r.pool, r.split(x), "the input of the feed-forward network"); err != nil {
		return err
	}
	pruned := &prune.Outcome[T]{}
	if r.coupled(b, selected) {
		if pruned, err = r.pruneFFN(i, b.FFN(), x); err != nil {
			return r.located(err, i, r.feedForward)
		}
	} else if err := r.pruneFFNApart(i, b, selected); err != nil {
		return err
	}
	if i == r.opt.Last-1 {
		return nil
	}
	r.tell(Event{Block: i, Stage: "run"})
	return r.eachBatch(func(s batch) error {
		h := rowsOf(s, r.hidden)
		if p, known := pruned.Activations(r.pool, s.first, s.first+s.tokens); known {
			b.AddHidden(r.pool, h, p)
		} else {
			r.pass.FeedForward(r.pool, b, h, nil)
		}
		return nil
	})
}

// pruneAttention prunes the attention's matrices and returns the heads' output
// as it then is, all tokens × (heads·headDim).
func (r *run[T]) pruneAttention(i int, b model.Block[T], selected map[model.Site][]*model.Linear[T]) (heads linalg.Matrix[T], err error) {
	in, out := selected[model.AttnInput], selected[model.AttnOutput]
	r.tell(Event{Block: i, Stage: "capture"})
	var h *prune.Hessian[T]
	if len(in) > 0 {
		h = prune.NewHessian[T](in[0].Weight.Cols)
	}
	err = r.eachBatch(func(s batch) error {
		dense := r.pass.Heads(r.pool, b, rowsOf(s, r.hidden), s.lengths, func(site model.Site, x linalg.Matrix[T]) {
			if site == model.AttnInput && h != nil {
				h.Add(r.pool, x, len(s.lengths))
			}
		})
		if heads.Rows == 0 {
			heads = linalg.Take[T](r.pool, r.hidden.Rows, dense.Cols)
		}
		linalg.Copy(rowsOf(s, heads), dense)
		return nil
	})
	if err == nil && h != nil {
		err = h.Check(r.pool)
	}
	if err != nil {
		return heads, r.located(err, i, r.attention)
	}
	r.tell(Event{Block: i, Stage: "prune"})
	for _, l := range in {
		if err := r.pruneAlone(i, l, h); err != nil {
			return heads, err
		}
	}
	h.GiveBack(r.pool)
	var refit *prune.Refit[T]
	start := time.Now()
	if len(out) > 0 {
		refit = prune.NewRefit(r.pool, out[0].Weight, r.spec(out[0]), prune.NewLocal[T](r.opt.Local))
	}
	err = r.eachBatch(func(s batch) error {
		dense := rowsOf(s, heads)
		now := dense
		if len(in) > 0 {
			now = r.pass.Heads(r.pool, b, rowsOf(s, r.hidden), s.lengths, nil)
		}
		if refit != nil {
			refit.Add(dense, now)
		}
		if len(in) > 0 {
			linalg.Copy(dense, now)
		}
		return nil
	})
	if err != nil || refit == nil {
		return heads, err
	}
	o := out[0]
	before := linalg.TakeCopy(r.pool, o.Weight)
	defer linalg.GiveBack(r.pool, before)
	oh, err := refit.Prune(len(r.samples))
	if err != nil {
		return heads, r.located(fmt.Errorf("%s: %w", o.Name, err), i, r.attention)
	}
	defer oh.GiveBack(r.pool)
	return heads, r.finish(i, o, before, oh, start, nil)
}

// pruneFFNApart prunes the selected matrices of a feed-forward network of
// which some are left out, each for itself; hidden is its input before the
// norm.
func (r *run[T]) pruneFFNApart(i int, b model.Block[T], selected map[model.Site][]*model.Linear[T]) error {
	for _, site := range []model.Site{model.FFNInput, model.FFNHidden} {
		linears := selected[site]
		if len(linears) == 0 {
			continue
		}
		h := prune.NewHessian[T](linears[0].Weight.Cols)
		err := r.eachBatch(func(s batch) error {
			r.pass.Hidden(r.pool, b, rowsOf(s, r.hidden), func(at model.Site, in linalg.Matrix[T]) {
				if at == site {
					h.Add(r.pool, in, len(s.lengths))
				}
			})
			return nil
		})
		if err != nil {
			return err
		}
		if err := h.Check(r.pool); err != nil {
			return r.located(err, i, r.feedForward)
		}
		for _, l := range linears {
			if err := r.pruneAlone(i, l, h); err != nil {
				return err
			}
		}
		h.GiveBack(r.pool)
	}
	return nil
}
