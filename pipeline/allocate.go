package pipeline

import (
	"fmt"
	"math"

	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/prune"
)

// Allocations are the names that Options.Allocate takes: how the zeros are
// shared out among the matrices, whose total is always the same.
//
//	uniform  every matrix has its share
//	owl      the fewer, the more outliers |W|·‖X‖ a block has
//	alpha    the fewer, the heavier the tails of a block's spectra
//	error    the fewer, the more the model suffers from those of a matrix
var Allocations = []string{"uniform", "owl", "alpha", "error"}

// uneven reports whether matrices get sparsities of their own.
func (o *Options[T]) uneven() bool { return o.Allocate != Allocations[0] }

// spec returns how l is to be pruned.
func (r *run[T]) spec(l *model.Linear[T]) prune.Spec {
	spec := r.opt.Spec
	if s, ok := r.sparsities[l.Tensor]; ok {
		spec.Sparsity = s
	}
	return spec
}

// shares returns the sparsities of a feed-forward network's matrices, nil if
// they are those of all.
func (r *run[T]) shares(ffn model.FFN[T]) *prune.Shares {
	if r.sparsities == nil {
		return nil
	}
	s := &prune.Shares{Up: r.spec(ffn.Up).Sparsity, Down: r.spec(ffn.Down).Sparsity}
	if ffn.Gate != nil {
		s.Gate = r.spec(ffn.Gate).Sparsity
	}
	return s
}

// survey looks at the dense model to say how sparse its matrices should be.
type survey[T linalg.Float] interface {
	// see is shown block i and those of its matrices that are to be pruned,
	// hidden being its input. It makes hidden the block's output, if it looks
	// at that.
	see(i int, b model.Block[T], selected []*model.Linear[T]) error
	// want returns the sparsities that are wanted of all matrices that were
	// seen, up to a shift.
	want() []float64
}

// allocate shares out the zeros. It runs the dense model, one block in memory
// at a time, from the embeddings in hidden, which it leaves changed.
func (r *run[T]) allocate() error {
	var s survey[T]
	switch r.opt.Allocate {
	case "owl":
		s = &outliers[T]{run: r}
	case "alpha":
		s = &tails[T]{run: r}
	case "error":
		s = &damages[T]{run: r}
	}
	var parts []prune.Part
	var tensors []string
	defer r.scope()()
	for i := range r.opt.Last {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		r.tell(Event{Block: i, Stage: "allocate"})
		b, err := r.model.Block(i)
		if err != nil {
			return err
		}
		var selected []*model.Linear[T]
		for _, l := range b.Linears() {
			if !r.opt.selects(i, l) {
				continue
			}
			if err := finiteWeight(r.pool, l); err != nil {
				return err
			}
			p := prune.Part{Weights: l.Weight.Rows * l.Weight.Cols}
			p.Least, p.Most = prune.Uneven(r.opt.Spec.Sparsity, r.zerosKept(l))
			selected, parts, tensors = append(selected, l), append(parts, p), append(tensors, l.Tensor)
		}
		if err := s.see(i, b, selected); err != nil {
			return fmt.Errorf("block %d: %w", i, err)
		}
		if err := finiteSamples(r.pool, r.samples, fmt.Sprintf("the output of block %d", i)); err != nil {
			return err
		}
	}
	want := s.want()
	for k := range parts {
		parts[k].Want = want[k]
	}
	r.sparsities = map[string]float64{}
	for k, v := range prune.Balance(parts, r.opt.Spec.Sparsity) {
		r.sparsities[tensors[k]] = v
	}
	return nil
}

// zerosKept returns the share of l's weights that are zero and stay so.
func (r *run[T]) zerosKept(l *model.Linear[T]) float64 {
	if !r.opt.Spec.KeepMask {
		return 0
	}
	return r.zeros(l)
}

// inputNorms runs block b on the given first samples, in place, and returns
// ‖X_j‖₂ of the features at each site over their tokens. An error names the
// first input that is not finite.
func (r *run[T]) inputNorms(b model.Block[T], samples []linalg.Matrix[T]) (norms [model.Sites][]T, err error) {
	var squares [model.Sites][]float64
	for k, x := range samples {
		if err := r.ctx.Err(); err != nil {
			return norms, err
		}
		r.runSample(b, x, func(site model.Site, in linalg.Matrix[T]) {
			if err == nil {
				err = finiteInput(r.pool, b, site, k, in)
			}
			if squares[site] == nil {
				squares[site] = make([]float64, in.Cols)
			}
			for t := range in.Rows {
				for j, v := range in.Row(t) {
					squares[site][j] += float64(v) * float64(v)
				}
			}
		})
		if err != nil {
			return norms, err
		}
	}
	for site, sums := range squares {
		for _, v := range sums {
			norms[site] = append(norms[site], T(math.Sqrt(v)))
		}
	}
	return norms, nil
}

// runSample makes x, a sample's input of block b, the block's output.
func (r *run[T]) runSample(b model.Block[T], x linalg.Matrix[T], see model.Observer[T]) {
	r.pass.Attention(r.pool, b, x, []int{x.Rows}, see)
	r.pass.FeedForward(r.pool, b, x, see)
}
