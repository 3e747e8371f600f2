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
	if err := r.pruneAttention(i, b, selected); err != nil {
		return err
	}
	x := linalg.NewMatrix[T](r.hidden.Rows, r.hidden.Cols)
	at := 0
	for _, h := range r.samples {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		b.Attention(r.pool, h, nil)
		b.FFNInput(r.pool, x.Slice(at, at+h.Rows, 0, x.Cols), h)
		at += h.Rows
	}
	if err := finiteSamples(r.split(x), "the input of the feed-forward network"); err != nil {
		return err
	}
	if r.coupled(b, selected) {
		if err := r.located(r.pruneFFN(i, b.FFN(), x), i, r.feedForward); err != nil {
			return err
		}
	} else if err := r.pruneFFNApart(i, b, selected); err != nil {
		return err
	}
	if i == r.opt.Last-1 {
		return nil
	}
	r.tell(Event{Block: i, Stage: "run"})
	for _, h := range r.samples {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		b.FeedForward(r.pool, h, nil)
	}
	return nil
}

// pruneAttention prunes the attention's matrices.
func (r *run[T]) pruneAttention(i int, b model.Block[T], selected map[model.Site][]*model.Linear[T]) error {
	in, out := selected[model.AttnInput], selected[model.AttnOutput]
	if len(in)+len(out) == 0 {
		return nil
	}
	r.tell(Event{Block: i, Stage: "capture"})
	var h *prune.Hessian[T]
	if len(in) > 0 {
		h = prune.NewHessian[T](in[0].Weight.Cols)
	}
	var dense linalg.Matrix[T] // the heads' output, tokens × (heads·headDim)
	if len(out) > 0 {
		dense = linalg.NewMatrix[T](r.hidden.Rows, out[0].Weight.Cols)
	}
	err := r.observeAttention(b, func(site model.Site, at int, x linalg.Matrix[T]) {
		switch {
		case site == model.AttnInput && h != nil:
			h.Add(r.pool, x)
		case site == model.AttnOutput && len(out) > 0:
			linalg.Copy(dense.Slice(at, at+x.Rows, 0, x.Cols), x)
		}
	})
	if err == nil && h != nil {
		err = h.Check()
	}
	if err != nil {
		return r.located(err, i, r.attention)
	}
	r.tell(Event{Block: i, Stage: "prune"})
	for _, l := range in {
		start, before := time.Now(), l.Weight.Clone()
		if err := r.method.Prune(r.pool, l.Weight, h, r.spec(l)); err != nil {
			return fmt.Errorf("%s: %w", l.Name, err)
		}
		if err := r.finish(i, l, before, h, start, nil); err != nil {
			return err
		}
	}
	if len(out) == 0 {
		return nil
	}
	start, o := time.Now(), out[0]
	refit := prune.NewRefit(o.Weight)
	err = r.observeAttention(b, func(site model.Site, at int, x linalg.Matrix[T]) {
		if site == model.AttnOutput {
			refit.Add(r.pool, dense.Slice(at, at+x.Rows, 0, x.Cols), x)
		}
	})
	if err != nil {
		return err
	}
	before := o.Weight.Clone()
	oh, err := refit.Prune(r.pool, o.Weight, len(r.samples), r.spec(o))
	if err != nil {
		return r.located(fmt.Errorf("%s: %w", o.Name, err), i, r.attention)
	}
	return r.finish(i, o, before, oh, start, nil)
}

// observeAttention runs the block's attention on a copy of every sample. at
// is the sample's first token in hidden.
func (r *run[T]) observeAttention(b model.Block[T], see func(site model.Site, at int, x linalg.Matrix[T])) error {
	at := 0
	for _, h := range r.samples {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		b.Attention(r.pool, h.Clone(), func(site model.Site, x linalg.Matrix[T]) { see(site, at, x) })
		at += h.Rows
	}
	return nil
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
		for _, x := range r.samples {
			if err := r.ctx.Err(); err != nil {
				return err
			}
			b.FeedForward(r.pool, x.Clone(), func(s model.Site, in linalg.Matrix[T]) {
				if s == site {
					h.Add(r.pool, in)
				}
			})
		}
		if err := h.Check(); err != nil {
			return r.located(err, i, r.feedForward)
		}
		for _, l := range linears {
			start, before := time.Now(), l.Weight.Clone()
			if err := r.method.Prune(r.pool, l.Weight, h, r.spec(l)); err != nil {
				return fmt.Errorf("%s: %w", l.Name, err)
			}
			if err := r.finish(i, l, before, h, start, nil); err != nil {
				return err
			}
		}
	}
	return nil
}
