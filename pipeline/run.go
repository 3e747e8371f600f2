package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/prune"
)

// Run prunes m with the calibration rows (token ids; a row is a sample) and
// returns what became of each matrix, in the order of pruning. It stops soon
// after ctx is done.
func Run[T linalg.Float](ctx context.Context, pool *linalg.Pool, m model.Model[T], rows [][]int, opt Options[T]) ([]MatrixReport, error) {
	cfg := m.Config()
	if err := opt.Complete(cfg); err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errors.New("there are no calibration samples")
	}
	defer pool.Trim()
	r := &run[T]{ctx: ctx, pool: pool, model: m, opt: opt, method: opt.method()}
	if opt.Global {
		var err error
		if r.method, err = r.globalMagnitude(); err != nil {
			return nil, err
		}
	}
	if opt.Spec.KeepMask {
		if err := r.checkZeros(); err != nil {
			return nil, err
		}
	}
	first, err := r.start(rows)
	if err != nil {
		return nil, err
	}
	for i := first; i < opt.Last; i++ {
		if err := r.block(i); err != nil {
			return nil, err
		}
		if opt.Save != nil && i < opt.Last-1 {
			if err := opt.Save(State[T]{i + 1, r.reports, r.hidden, r.sparsities}); err != nil {
				return nil, fmt.Errorf("saving the run after block %d: %w", i, err)
			}
		}
	}
	if len(r.reports) == 0 {
		return nil, errors.New("no matrix of the model is selected for pruning")
	}
	return r.reports, nil
}

// run is a run under way.
type run[T linalg.Float] struct {
	ctx     context.Context
	pool    *linalg.Pool
	model   model.Model[T]
	opt     Options[T]
	method  prune.Method[T]
	reports []MatrixReport
	// sparsities are those of the matrices by their tensors; nil if Spec's is
	// that of all.
	sparsities map[string]float64

	// hidden holds all the samples' hidden states, the next block's input: one
	// matrix, a row per token, of which samples are views.
	hidden  linalg.Matrix[T]
	samples []linalg.Matrix[T]
	lengths []int // tokens of each sample
	batches []batch
	pass    model.Pass[T]
}

// scope has the run's pool be a scope of what it is until end is called: all
// that is taken on the way is given back then, whatever became of it.
func (r *run[T]) scope() (end func()) {
	outer := r.pool
	r.pool = outer.Scope()
	return func() {
		r.pool.End()
		r.pool = outer
	}
}

// start makes the input of the first block to prune and returns which it is.
func (r *run[T]) start(rows [][]int) (first int, err error) {
	tokens := 0
	for _, row := range rows {
		tokens += len(row)
		r.lengths = append(r.lengths, len(row))
	}
	r.batches = batchesOf(r.lengths)
	d := r.model.Config().Hidden
	s := r.opt.Resume
	if s == nil {
		r.hidden = linalg.NewMatrix[T](tokens, d)
		r.samples = r.split(r.hidden)
		if err := r.embed(rows); err != nil || !r.opt.uneven() {
			return 0, err
		}
		if err := r.allocate(); err != nil {
			return 0, err
		}
		return 0, r.embed(rows)
	}
	if s.Hidden.Rows != tokens || s.Hidden.Cols != d || s.Next < 1 || s.Next >= r.opt.Last {
		return 0, fmt.Errorf("%w: it has %d × %d activations before block %d", ErrState, s.Hidden.Rows, s.Hidden.Cols, s.Next)
	}
	if r.opt.uneven() != (s.Sparsities != nil) {
		return 0, fmt.Errorf("%w: its matrices have other sparsities", ErrState)
	}
	r.hidden, r.reports, r.sparsities = s.Hidden, s.Reports, s.Sparsities
	r.samples = r.split(r.hidden)
	return s.Next, nil
}

// embed makes the first block's input.
func (r *run[T]) embed(rows [][]int) error {
	for k, row := range rows {
		if err := r.model.Embed(row, r.samples[k]); err != nil {
			return fmt.Errorf("calibration sample %d: %w", k, err)
		}
	}
	return finiteSamples(r.pool, r.samples, "the embedding")
}

// split returns the views of m, a row per token, that belong to each sample.
func (r *run[T]) split(m linalg.Matrix[T]) []linalg.Matrix[T] {
	views := make([]linalg.Matrix[T], len(r.lengths))
	at := 0
	for k, n := range r.lengths {
		views[k] = m.Slice(at, at+n, 0, m.Cols)
		at += n
	}
	return views
}

// block prunes block i and leaves its output in hidden.
func (r *run[T]) block(i int) error {
	defer r.scope()()
	b, err := r.model.Block(i)
	if err != nil {
		return err
	}
	selected := map[model.Site][]*model.Linear[T]{}
	for _, l := range b.Linears() {
		if r.opt.selects(i, l) {
			if err := r.opt.Spec.CheckColumns(l.Weight.Cols); err != nil {
				return fmt.Errorf("%s: %w", l.Tensor, err)
			}
			if err := finiteWeight(r.pool, l); err != nil {
				return err
			}
			selected[l.Site] = append(selected[l.Site], l)
		}
	}
	switch {
	case len(selected) == 0:
		err = r.forward(i, b)
	case r.opt.alternates() && !r.opt.Compat:
		err = r.pruneInOrder(i, b, selected)
	default:
		err = r.pruneAtOnce(i, b, selected)
	}
	if err != nil {
		return fmt.Errorf("block %d: %w", i, err)
	}
	return finiteSamples(r.pool, r.samples, fmt.Sprintf("the output of block %d", i))
}

// pruneAtOnce captures all that pruning needs in one pass of the dense block,
// as the released code does, prunes, and runs the pruned block.
func (r *run[T]) pruneAtOnce(i int, b model.Block[T], selected map[model.Site][]*model.Linear[T]) error {
	r.tell(Event{Block: i, Stage: "capture"})
	c, err := r.capture(i, b, selected)
	if err != nil {
		return err
	}
	r.tell(Event{Block: i, Stage: "prune"})
	if err := r.prune(i, b, selected, c); err != nil {
		return err
	}
	return r.forward(i, b)
}

// forward makes hidden the output of block i, unless nobody reads that.
func (r *run[T]) forward(i int, b model.Block[T]) error {
	if i == r.opt.Last-1 {
		return nil
	}
	r.tell(Event{Block: i, Stage: "run"})
	return r.eachBatch(func(s batch) error {
		x := rowsOf(s, r.hidden)
		r.pass.Attention(r.pool, b, x, s.lengths, nil)
		r.pass.FeedForward(r.pool, b, x, nil)
		return nil
	})
}

// captured is what one pass of the dense block over all samples leaves.
type captured[T linalg.Float] struct {
	hessians [model.Sites]*prune.Hessian[T] // nil where nothing is selected
	x        linalg.Matrix[T]               // input of the feed-forward network, all tokens × hidden, if coupled
}

// coupled reports whether the block's feed-forward network is pruned as a
// whole, which takes all of its matrices. If some of them are left out, the
// others are pruned each for itself.
func (r *run[T]) coupled(b model.Block[T], selected map[model.Site][]*model.Linear[T]) bool {
	first := 1
	if b.FFN().Gate != nil {
		first = 2
	}
	return r.opt.alternates() && len(selected[model.FFNInput]) == first && len(selected[model.FFNHidden]) == 1
}

// inFFN reports whether a site is in the feed-forward network.
func inFFN(s model.Site) bool { return s == model.FFNInput || s == model.FFNHidden }

// capture runs the dense block on every sample and keeps what pruning needs.
// hidden is left as it was.
func (r *run[T]) capture(i int, b model.Block[T], selected map[model.Site][]*model.Linear[T]) (*captured[T], error) {
	c := &captured[T]{}
	coupled, apart := r.coupled(b, selected), false
	for site, linears := range selected {
		ffn := inFFN(site)
		if !ffn || !coupled {
			c.hessians[site] = prune.NewHessian[T](linears[0].Weight.Cols)
		}
		apart = apart || ffn && !coupled
	}
	if coupled {
		c.x = linalg.NewMatrix[T](r.hidden.Rows, r.hidden.Cols)
	}
	most := slices.MaxFunc(r.batches, func(a, b batch) int { return a.tokens - b.tokens })
	copies := linalg.Take[T](r.pool, most.tokens, r.hidden.Cols)
	defer linalg.GiveBack(r.pool, copies)
	err := r.eachBatch(func(s batch) error {
		observe := func(site model.Site, in linalg.Matrix[T]) {
			if h := c.hessians[site]; h != nil {
				h.Add(r.pool, in, len(s.lengths))
			}
		}
		x := copies.Slice(0, s.tokens, 0, copies.Cols)
		linalg.Copy(x, rowsOf(s, r.hidden))
		if !coupled && !apart {
			r.pass.Heads(r.pool, b, x, s.lengths, observe)
			return nil
		}
		r.pass.Attention(r.pool, b, x, s.lengths, observe)
		if coupled {
			b.FFNInput(r.pool, rowsOf(s, c.x), x)
		} else {
			r.pass.Hidden(r.pool, b, x, observe)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, h := range c.hessians {
		if h == nil {
			continue
		}
		if err := h.Check(r.pool); err != nil {
			return nil, r.located(err, i, r.whole)
		}
	}
	if coupled {
		return c, finiteSamples(r.pool, r.split(c.x), "the input of the feed-forward network")
	}
	return c, nil
}

// prune prunes the selected matrices of block i and stores them.
func (r *run[T]) prune(i int, b model.Block[T], selected map[model.Site][]*model.Linear[T], c *captured[T]) error {
	coupled := r.coupled(b, selected)
	for _, l := range b.Linears() {
		if !r.opt.selects(i, l) || coupled && inFFN(l.Site) {
			continue
		}
		if err := r.ctx.Err(); err != nil {
			return err
		}
		if err := r.pruneAlone(i, l, c.hessians[l.Site]); err != nil {
			return err
		}
	}
	for _, h := range c.hessians {
		h.GiveBack(r.pool)
	}
	if coupled {
		out, err := r.pruneFFN(i, b.FFN(), c.x)
		if err != nil {
			return r.located(err, i, r.whole)
		}
		out.GiveBack(r.pool)
	}
	return nil
}

// pruneAlone prunes a matrix for its own output, h being the Hessian of its
// input, and finishes it.
func (r *run[T]) pruneAlone(i int, l *model.Linear[T], h *prune.Hessian[T]) error {
	start, dense := time.Now(), linalg.TakeCopy(r.pool, l.Weight)
	defer linalg.GiveBack(r.pool, dense)
	if err := r.method.Prune(r.pool, l.Weight, h, r.spec(l)); err != nil {
		return fmt.Errorf("%s: %w", l.Name, err)
	}
	return r.finish(i, l, dense, h, start, nil)
}

// finish rounds and stores a pruned matrix and reports it.
func (r *run[T]) finish(i int, l *model.Linear[T], dense linalg.Matrix[T], h *prune.Hessian[T], start time.Time, network *NetworkReport) error {
	if err := finiteWeight(r.pool, l); err != nil {
		return fmt.Errorf("after pruning, %w", err)
	}
	if err := r.opt.Store(l.Tensor, l.Weight); err != nil {
		return err
	}
	report := MatrixReport{
		Block: i, Name: l.Name, Tensor: l.Tensor, Rows: l.Weight.Rows, Cols: l.Weight.Cols,
		Sparsity: r.zeros(l),
		Error:    h.Error(r.pool, l.Weight, dense),
		Seconds:  time.Since(start).Seconds(),
	}
	report.Network = network
	report.Dead, report.Damping = h.Trouble(r.opt.Spec.Damping)
	r.reports = append(r.reports, report)
	r.tell(Event{Block: i, Stage: "prune", Matrix: &report})
	return nil
}

// zeros returns the share of l's weights that are zero.
func (r *run[T]) zeros(l *model.Linear[T]) float64 {
	var zeros atomic.Int64
	r.pool.For(l.Weight.Rows, func(k int) {
		n := int64(0)
		for _, v := range l.Weight.Row(k) {
			zero := int64(0)
			if v == 0 { // no branch, which would be foreseen wrongly half of the time
				zero = 1
			}
			n += zero
		}
		zeros.Add(n)
	})
	return float64(zeros.Load()) / float64(l.Weight.Rows*l.Weight.Cols)
}

func (r *run[T]) tell(e Event) {
	if r.opt.Progress != nil {
		e.Block, e.Blocks = e.Block-r.opt.First, r.opt.Last-r.opt.First
		r.opt.Progress(e)
	}
}
