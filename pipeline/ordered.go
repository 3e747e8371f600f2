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
//	attention   q, k and v by their own Hessian, from the dense sublayer; o
//	            fitted to the heads' output as the pruned q, k and v make it,
//	            for the output that the dense attention had
//	convolution as a whole, for the output that the dense one had
//	networks    each as a whole, on its input after the pruned attention
//
// It leaves the pruned block's output in hidden.
func (r *run[T]) pruneInOrder(i int, b *model.Block[T], selected []chosen[T]) error {
	var ends []sublayerEnd[T] // of sublayers that are not yet added to hidden
	for k, sub := range b.Sublayers {
		pruneSublayer := r.pruneMixer
		switch {
		case len(sub.Networks()) > 0:
			pruneSublayer = r.pruneNetworks
		case r.convolves(k, sub, selected):
			pruneSublayer = r.pruneConvolution
		}
		end, err := pruneSublayer(i, k, sub, selected)
		if err != nil {
			return err
		}
		ends = append(ends, end)
		last := k == len(b.Sublayers)-1
		if b.Parallel && !last {
			continue
		}
		if last && i == r.opt.End-1 {
			return nil
		}
		if last {
			r.tell(Event{Block: i, Stage: "run"})
		}
		err = r.eachBatch(func(s batch) error {
			for _, e := range ends {
				e.add(s)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, e := range ends {
			linalg.GiveBack(r.pool, e.memory)
		}
		ends = ends[:0]
	}
	return nil
}

// sublayerEnd is what is left to do of a sublayer whose matrices are pruned.
type sublayerEnd[T linalg.Float] struct {
	add    func(s batch)    // adds its output to a batch's hidden states
	memory linalg.Matrix[T] // that add takes
}

// endOf returns the end of a sublayer whose inner output will be in its memory, all
// tokens × width.
func (r *run[T]) endOf(sub model.Sublayer[T]) sublayerEnd[T] {
	inner := linalg.Take[T](r.pool, r.hidden.Rows, sub.Width())
	return sublayerEnd[T]{func(s batch) { sub.Add(r.pool, rowsOf(s, r.hidden), rowsOf(s, inner)) }, inner}
}

// pruneMixer prunes the matrices of sublayer k, which has no network, such as
// attention: the first by their own Hessians, the last one fitted for what the
// dense sublayer computes to the inner output as the others then make it, all
// tokens × width.
func (r *run[T]) pruneMixer(i, k int, sub model.Sublayer[T], selected []chosen[T]) (sublayerEnd[T], error) {
	r.tell(Event{Block: i, Stage: "capture"})
	last := sub.Stages()[len(sub.Stages())-1]
	hessians := map[*model.Stage[T]]*prune.Hessian[T]{}
	var first, out []chosen[T]
	for _, l := range selected {
		switch {
		case l.sublayer != k:
		case l.stage == last:
			out = append(out, l)
		default:
			first = append(first, l)
			if hessians[l.stage] == nil {
				hessians[l.stage] = prune.NewHessian[T](l.stage.Width)
			}
		}
	}
	end := r.endOf(sub)
	inner := end.memory
	err := r.eachBatch(func(s batch) error {
		dense := r.pass.Inner(r.pool, sub, rowsOf(s, r.hidden), sequences[T](s), func(stage *model.Stage[T], x linalg.Matrix[T]) {
			if h := hessians[stage]; h != nil {
				h.Add(r.pool, x, len(s.lengths))
			}
		})
		linalg.Copy(rowsOf(s, inner), dense)
		return nil
	})
	for _, h := range hessians {
		if err == nil {
			err = h.Check(r.pool)
		}
	}
	if err != nil {
		return end, r.located(err, i, k, k+1)
	}
	r.tell(Event{Block: i, Stage: "prune"})
	for _, l := range first {
		if err := r.pruneAlone(i, l, hessians[l.stage], r.hidden.Rows); err != nil {
			return end, err
		}
	}
	for _, h := range hessians {
		h.GiveBack(r.pool)
	}
	var refit *prune.Refit[T]
	start := time.Now()
	if len(out) > 0 {
		refit = prune.NewRefit(r.pool, out[0].Matrix(), r.spec(out[0].Linear), prune.NewLocal[T](r.opt.Local))
	}
	err = r.eachBatch(func(s batch) error {
		dense := rowsOf(s, inner)
		now := dense
		if len(first) > 0 {
			now = r.pass.Inner(r.pool, sub, rowsOf(s, r.hidden), sequences[T](s), nil)
		}
		if refit != nil {
			refit.Add(dense, now)
		}
		if len(first) > 0 {
			linalg.Copy(dense, now)
		}
		return nil
	})
	if err != nil || refit == nil {
		return end, err
	}
	o := out[0].Linear
	before := linalg.TakeCopy(r.pool, o.Matrix())
	defer linalg.GiveBack(r.pool, before)
	h, err := refit.Prune(len(r.samples))
	if err != nil {
		return end, r.located(fmt.Errorf("%s: %w", o.Name, err), i, k, k+1)
	}
	defer h.GiveBack(r.pool)
	return end, r.finish(i, o, before, h, start, MatrixReport{})
}

// pruneNetworks prunes the feed-forward networks of sublayer k, each as a whole
// if all of its matrices are selected.
func (r *run[T]) pruneNetworks(i, k int, sub model.Sublayer[T], selected []chosen[T]) (sublayerEnd[T], error) {
	x := linalg.Take[T](r.pool, r.hidden.Rows, r.hidden.Cols) // the sublayer's input
	var known *prune.Outcome[T]                               // of a network that makes up the sublayer
	end := sublayerEnd[T]{func(s batch) {
		h := rowsOf(s, r.hidden)
		if known != nil {
			if p, ok := known.Activations(r.pool, s.first, s.first+s.tokens); ok {
				sub.Add(r.pool, h, p)
				return
			}
		}
		sub.Add(r.pool, h, r.pass.InnerOf(r.pool, sub, rowsOf(s, x), sequences[T](s), nil))
	}, x}
	err := r.eachBatch(func(s batch) error {
		sub.Read(r.pool, rowsOf(s, x), rowsOf(s, r.hidden))
		return nil
	})
	if err != nil {
		return end, err
	}
	if err := finiteSamples(r.pool, r.split(x), "the input of the feed-forward network"); err != nil {
		return end, err
	}
	networks, alone := r.coupled(k, sub, selected)
	var routes [][]int
	if len(networks) > 0 {
		routes = sub.Route(r.pool, x)
	}
	for _, n := range networks {
		out, err := r.pruneNetwork(i, n, x, routes)
		if err != nil {
			return end, r.located(err, i, k, k+1)
		}
		if routes == nil {
			known = out
		} else {
			out.GiveBack(r.pool)
		}
	}
	return end, r.pruneByStage(i, k, sub, x, alone)
}

// pruneByStage prunes matrices of sublayer k, whose input is x, each for itself,
// but on what the pruned ones before it make.
func (r *run[T]) pruneByStage(i, k int, sub model.Sublayer[T], x linalg.Matrix[T], alone []chosen[T]) error {
	for len(alone) > 0 {
		stage, tokens := alone[0].stage, 0
		h := prune.NewHessian[T](stage.Width)
		err := r.eachBatch(func(s batch) error {
			r.pass.InnerOf(r.pool, sub, rowsOf(s, x), sequences[T](s), func(at *model.Stage[T], in linalg.Matrix[T]) {
				if at == stage {
					h.Add(r.pool, in, len(s.lengths))
					tokens += in.Rows
				}
			})
			return nil
		})
		if err != nil {
			return err
		}
		if err := h.Check(r.pool); err != nil {
			return r.located(err, i, k, k+1)
		}
		for len(alone) > 0 && alone[0].stage == stage {
			if err := r.pruneAlone(i, alone[0], h, tokens); err != nil {
				return err
			}
			alone = alone[1:]
		}
		h.GiveBack(r.pool)
	}
	return nil
}
