package pipeline

import (
	"context"
	"errors"
	"fmt"

	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/prune"
)

// Explain works out a few columns, from ≤ j < to, of a row of the matrix that
// is called name in block opt.First, as method sparsegpt sweeps it. The blocks
// before are dense, as they are for Run with the same options. It stores
// nothing.
func Explain[T linalg.Float](ctx context.Context, pool *linalg.Pool, m model.Model[T], rows [][]int, opt Options[T], name string, row, from, to int) (*prune.Worked, error) {
	opt.Method = prune.DefaultLocal
	if err := opt.Complete(m.Config()); err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errors.New("there are no calibration samples")
	}
	defer pool.Trim()
	r := &run[T]{ctx: ctx, pool: pool, model: m, opt: opt}
	defer r.scope()()
	if _, err := r.start(rows); err != nil {
		return nil, err
	}
	for i := range opt.First {
		b, err := m.Block(i)
		if err != nil {
			return nil, err
		}
		if err := r.forward(i, b); err != nil {
			return nil, err
		}
		if err := finiteSamples(r.pool, r.samples, fmt.Sprintf("the output of block %d", i)); err != nil {
			return nil, err
		}
	}
	b, err := m.Block(opt.First)
	if err != nil {
		return nil, err
	}
	for _, l := range matrices(b) {
		if l.Name != name {
			continue
		}
		if err := finiteWeight(r.pool, l.Linear); err != nil {
			return nil, err
		}
		r.tell(Event{Block: opt.First, Stage: "capture"})
		c, err := r.capture(opt.First, b, []chosen[T]{l})
		if err != nil {
			return nil, fmt.Errorf("block %d: %w", opt.First, err)
		}
		r.tell(Event{Block: opt.First, Stage: "prune"})
		return prune.Work(r.pool, l.Matrix(), c.hessians[l.stage], opt.Spec, row, from, to)
	}
	return nil, fmt.Errorf("block %d has no matrix %s", opt.First, name)
}
