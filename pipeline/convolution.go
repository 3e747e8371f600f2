package pipeline

import (
	"fmt"
	"time"

	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/prune"
)

// convolves says whether sublayer k is a convolution both of whose matrices are to
// be pruned.
func (r *run[T]) convolves(k int, sub model.Sublayer[T], selected []chosen[T]) bool {
	c, ok := sub.(model.Convolving[T])
	if !ok {
		return false
	}
	net, found := c.Convolution(), 0
	for _, l := range selected {
		if l.sublayer == k && (l.Linear == net.In || l.Linear == net.Out) {
			found++
		}
	}
	return found == 2
}

// pruneConvolution prunes sublayer k of block i, which convolves, as a whole.
func (r *run[T]) pruneConvolution(i, k int, sub model.Sublayer[T], _ []chosen[T]) (sublayerEnd[T], error) {
	start, net := time.Now(), sub.(model.Convolving[T]).Convolution()
	in, out := net.In, net.Out
	r.tell(Event{Block: i, Stage: "capture"})
	end := r.endOf(sub)
	scope := r.pool.Scope()
	defer scope.End()
	dense := []linalg.Matrix[T]{linalg.TakeCopy(scope, in.Matrix()), linalg.TakeCopy(scope, out.Matrix())}
	found, err := prune.PruneConvolution(r.ctx, r.pool, prune.ConvolutionProblem[T]{
		Net: &prune.Convolution[T]{In: in.Matrix(), Out: out.Matrix(), InBias: in.Bias, Filter: net.Filter, Bias: net.Bias},
		Each: func(f func(x linalg.Matrix[T], lengths []int)) error {
			return r.eachBatch(func(s batch) error {
				x := linalg.Take[T](r.pool, s.tokens, r.hidden.Cols)
				defer linalg.GiveBack(r.pool, x)
				sub.Read(r.pool, x, rowsOf(s, r.hidden))
				f(x, s.lengths)
				return nil
			})
		},
		Samples: len(r.samples), InSpec: r.spec(in), OutSpec: r.spec(out),
		Epochs: r.opt.Epochs, Local: prune.NewLocal[T](r.opt.Local),
		Round: func(w linalg.Matrix[T]) { r.opt.Sink.Round(in.Slot, w) },
	})
	if err != nil {
		return end, r.located(fmt.Errorf("convolution: %w", err), i, k, k+1)
	}
	report := &NetworkReport{}
	report.settle(found.Objective, nil, found.Kept, found.Final)
	half := start.Add(time.Since(start) / 2)
	err = r.finish(i, in, dense[0], found.Input, half, MatrixReport{})
	if err == nil {
		err = r.finish(i, out, dense[1], found.Intermediate, half, MatrixReport{Network: report})
	}
	found.GiveBack(r.pool)
	if err != nil {
		return end, err
	}
	return end, r.eachBatch(func(s batch) error {
		linalg.Copy(rowsOf(s, end.memory), r.pass.Inner(r.pool, sub, rowsOf(s, r.hidden), sequences[T](s), nil))
		return nil
	})
}
