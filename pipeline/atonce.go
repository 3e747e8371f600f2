package pipeline

import (
	"slices"

	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/prune"
)

// pruneAtOnce captures all that pruning needs in one pass of the dense block,
// as the released code does, prunes, and runs the pruned block.
func (r *run[T]) pruneAtOnce(i int, b *model.Block[T], selected []chosen[T]) error {
	r.tell(Event{Block: i, Stage: "capture"})
	c, err := r.capture(i, b, selected)
	if err != nil {
		return err
	}
	r.tell(Event{Block: i, Stage: "prune"})
	for _, l := range c.alone {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		if err := r.pruneAlone(i, l, c.hessians[l.stage], c.tokens[l.stage]); err != nil {
			return err
		}
	}
	for _, h := range c.hessians {
		h.GiveBack(r.pool)
	}
	for _, n := range c.coupled {
		out, err := r.pruneNetwork(i, n, c.inputs[n.sublayer], c.routes[n.sublayer])
		if err != nil {
			return r.located(err, i, 0, len(b.Sublayers))
		}
		out.GiveBack(r.pool)
	}
	return r.forward(i, b)
}

// captured is what one pass of the dense block over all samples leaves.
type captured[T linalg.Float] struct {
	alone    []chosen[T] // matrices that are pruned each for itself
	hessians map[*model.Stage[T]]*prune.Hessian[T]
	tokens   map[*model.Stage[T]]int // that reach the stage
	coupled  []coupledNetwork[T]
	inputs   []linalg.Matrix[T] // of each sublayer that has such, all tokens × hidden
	routes   [][][]int          // of these inputs
}

// capture runs the dense block on every sample and keeps what pruning needs.
// hidden is left as it was.
func (r *run[T]) capture(i int, b *model.Block[T], selected []chosen[T]) (*captured[T], error) {
	c := &captured[T]{hessians: map[*model.Stage[T]]*prune.Hessian[T]{}, tokens: map[*model.Stage[T]]int{}}
	inputs := make([]linalg.Matrix[T], len(b.Sublayers))
	c.inputs, c.routes = inputs, make([][][]int, len(b.Sublayers))
	inner := -1 // the last sublayer that must run beyond its input
	for k, sub := range b.Sublayers {
		networks, alone := r.coupled(k, sub, selected)
		if len(networks) > 0 {
			inputs[k] = linalg.NewMatrix[T](r.hidden.Rows, r.hidden.Cols)
		}
		c.coupled = append(c.coupled, networks...)
		for _, l := range alone {
			c.alone = append(c.alone, l)
			if c.hessians[l.stage] == nil {
				c.hessians[l.stage] = prune.NewHessian[T](l.stage.Width)
			}
			inner = k
		}
	}
	most := slices.MaxFunc(r.batches, func(a, b batch) int { return a.tokens - b.tokens })
	copies := linalg.Take[T](r.pool, most.tokens, r.hidden.Cols)
	defer linalg.GiveBack(r.pool, copies)
	err := r.eachBatch(func(s batch) error {
		observe := func(stage *model.Stage[T], in linalg.Matrix[T]) {
			if h := c.hessians[stage]; h != nil {
				h.Add(r.pool, in, len(s.lengths))
				c.tokens[stage] += in.Rows
			}
		}
		x := copies.Slice(0, s.tokens, 0, copies.Cols)
		linalg.Copy(x, rowsOf(s, r.hidden))
		for k, sub := range b.Sublayers {
			if inputs[k].Rows > 0 {
				sub.Read(r.pool, rowsOf(s, inputs[k]), x)
			}
			after := slices.ContainsFunc(inputs[k+1:], func(m linalg.Matrix[T]) bool { return m.Rows > 0 })
			switch {
			case k > inner && !after:
				return nil
			case b.Parallel || k == inner && !after: // nobody reads its output
				r.pass.Inner(r.pool, sub, x, sequences[T](s), observe)
			default:
				r.pass.Sublayers(r.pool, b, k, k+1, x, sequences[T](s), observe)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, sub := range b.Sublayers {
		for _, stage := range sub.Stages() {
			if h := c.hessians[stage]; h != nil {
				if err := h.Check(r.pool); err != nil {
					return nil, r.located(err, i, 0, len(b.Sublayers))
				}
			}
		}
	}
	for k, x := range inputs {
		if x.Rows > 0 {
			if err := finiteSamples(r.pool, r.split(x), "the input of the feed-forward network"); err != nil {
				return nil, err
			}
			c.routes[k] = b.Sublayers[k].Route(r.pool, x)
		}
	}
	return c, nil
}
