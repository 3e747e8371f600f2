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
	if opt.Spec.KeepMask && opt.Resume == nil && !opt.uneven() { // a survey counts as it goes
		if err := r.checkZeros(); err != nil {
			return nil, err
		}
	}
	first, err := r.start(rows)
	if err != nil {
		return nil, err
	}
	for i := first; i < opt.End; i++ {
		if err := r.block(i); err != nil {
			return nil, err
		}
		if opt.Save != nil && i < opt.End-1 {
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
		changed, err := r.allocate()
		if err != nil || !changed {
			return 0, err
		}
		return 0, r.embed(rows)
	}
	if s.Hidden.Rows != tokens || s.Hidden.Cols != d || s.Next < 1 || s.Next >= r.opt.End {
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
		if err := r.model.Embed(row, 0, r.samples[k]); err != nil {
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

// chosen is a matrix of a block, and where it is.
type chosen[T linalg.Float] struct {
	sublayer int
	stage    *model.Stage[T] // that it is of
	*model.Linear[T]
}

// choose returns the matrices of block i that are to be pruned, in the order of
// the data. None of them has a NaN or Inf.
func (r *run[T]) choose(i int, b *model.Block[T]) ([]chosen[T], error) {
	var some []chosen[T]
	for _, c := range matrices(b) {
		if !r.opt.selects(i, c.Linear) {
			continue
		}
		if err := finiteWeight(r.pool, c.Linear); err != nil {
			return nil, err
		}
		some = append(some, c)
	}
	return some, nil
}

// matrices returns all matrices of a block, in the order of the data.
func matrices[T linalg.Float](b *model.Block[T]) (all []chosen[T]) {
	for k, sub := range b.Sublayers {
		for _, stage := range sub.Stages() {
			for _, l := range stage.Linears {
				all = append(all, chosen[T]{k, stage, l})
			}
		}
	}
	return all
}

// block prunes block i and leaves its output in hidden.
func (r *run[T]) block(i int) error {
	defer r.scope()()
	b, err := r.model.Block(i)
	if err != nil {
		return err
	}
	selected, err := r.choose(i, b)
	if err != nil {
		return err
	}
	for _, l := range selected {
		if err := r.opt.Spec.CheckColumns(l.Weight.Inputs()); err != nil {
			return fmt.Errorf("%s: %w", l.Slot, err)
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

// forward makes hidden the output of block i, unless nobody reads that.
func (r *run[T]) forward(i int, b *model.Block[T]) error {
	if i == r.opt.End-1 {
		return nil
	}
	r.tell(Event{Block: i, Stage: "run"})
	return r.eachBatch(func(s batch) error {
		r.pass.Block(r.pool, b, rowsOf(s, r.hidden), sequences[T](s), nil)
		return nil
	})
}

// coupledNetwork is a network that is pruned as a whole.
type coupledNetwork[T linalg.Float] struct {
	model.Network[T]
	sublayer, index int         // of the block, and among the sublayer's networks
	matrices        []chosen[T] // those that read its input, and the last
}

// coupled returns the networks of sublayer k that are pruned as a whole, which
// takes all of their matrices, and the selected matrices that are in none of
// these: if some of a network's are left out, the others are pruned each for
// itself.
func (r *run[T]) coupled(k int, sub model.Sublayer[T], selected []chosen[T]) (whole []coupledNetwork[T], alone []chosen[T]) {
	within := map[*model.Linear[T]]bool{}
	for i, n := range sub.Networks() {
		all := append(n.First(), n.Down)
		c := coupledNetwork[T]{Network: n, sublayer: k, index: i}
		for _, l := range all {
			if at := slices.IndexFunc(selected, func(c chosen[T]) bool { return c.Linear == l }); at >= 0 {
				c.matrices = append(c.matrices, selected[at])
			}
		}
		if !r.opt.alternates() || len(c.matrices) < len(all) {
			continue
		}
		whole = append(whole, c)
		for _, l := range all {
			within[l] = true
		}
	}
	for _, c := range selected {
		if c.sublayer == k && !within[c.Linear] {
			alone = append(alone, c)
		}
	}
	return whole, alone
}

// pruneAlone prunes a matrix for its own output, h being the Hessian of its
// input, of so many tokens, and finishes it.
func (r *run[T]) pruneAlone(i int, l chosen[T], h *prune.Hessian[T], tokens int) error {
	start, dense := time.Now(), linalg.TakeCopy(r.pool, l.Matrix())
	defer linalg.GiveBack(r.pool, dense)
	method, report := r.method, MatrixReport{}
	if r.tooFew(l.stage, tokens) {
		method, report.Fallback = prune.NewMethod[T](unseen), unseen
	}
	if err := method.Prune(r.pool, l.Matrix(), h, r.spec(l.Linear)); err != nil {
		return fmt.Errorf("%s: %w", l.Name, err)
	}
	if report.Fallback == "" {
		if err := prune.Settle(r.pool, l.Matrix(), h, r.opt.Spec); err != nil {
			return fmt.Errorf("%s: %w", l.Name, err)
		}
	}
	return r.finish(i, l.Linear, dense, h, start, report)
}

// finish rounds and stores a pruned matrix and reports it, adding to what report
// says already.
func (r *run[T]) finish(i int, l *model.Linear[T], dense linalg.Matrix[T], h *prune.Hessian[T], start time.Time, report MatrixReport) error {
	if err := finiteWeight(r.pool, l); err != nil {
		return fmt.Errorf("after pruning, %w", err)
	}
	w := l.Matrix()
	if err := r.opt.Sink.Store(l.Slot, w); err != nil {
		return err
	}
	report.Block, report.Name, report.Tensor, report.Rows, report.Cols = i, l.Name, l.Slot.Tensor, w.Rows, w.Cols
	report.Sparsity = r.zeros(w)
	if report.Fallback == "" {
		report.Error = h.Error(r.pool, w, dense)
		report.Dead, report.Damping = h.Trouble(r.opt.Spec.Damping)
	}
	report.Seconds = time.Since(start).Seconds()
	r.reports = append(r.reports, report)
	r.tell(Event{Block: i, Stage: "prune", Matrix: &report})
	return nil
}

// zeros returns the share of weights that are zero.
func (r *run[T]) zeros(w linalg.Matrix[T]) float64 {
	var zeros atomic.Int64
	r.pool.For(w.Rows, func(k int) {
		n := int64(0)
		for _, v := range w.Row(k) {
			zero := int64(0)
			if v == 0 { // no branch, which would be foreseen wrongly half of the time
				zero = 1
			}
			n += zero
		}
		zeros.Add(n)
	})
	return float64(zeros.Load()) / float64(w.Rows*w.Cols)
}

func (r *run[T]) tell(e Event) {
	if r.opt.Progress != nil {
		e.Block, e.Blocks = e.Block-r.opt.First, r.opt.End-r.opt.First
		r.opt.Progress(e)
	}
}
