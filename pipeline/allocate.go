package pipeline

import (
	"fmt"
	"math"

	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/prune"
)

// Allocations are the names that Settings.Allocate takes: how the zeros are
// shared out among the matrices, whose total is always the same.
//
//	uniform  every matrix has its share
//	owl      the fewer, the more outliers |W|·‖X‖ a block has
//	alpha    the fewer, the heavier the tails of a block's spectra
//	error    the fewer, the more the model suffers from those of a matrix
var Allocations = []string{"uniform", "owl", "alpha", "error"}

// spec returns how l is to be pruned.
func (r *run[T]) spec(l *model.Linear[T]) prune.Spec {
	spec := r.opt.Spec
	if s, ok := r.sparsities[l.Slot.String()]; ok {
		spec.Sparsity = s
	}
	return spec
}

// shares returns the sparsities of a feed-forward network's matrices, nil if
// they are those of all.
func (r *run[T]) shares(n model.Network[T]) *prune.Shares {
	if r.sparsities == nil {
		return nil
	}
	s := &prune.Shares{Up: r.spec(n.Up).Sparsity, Down: r.spec(n.Down).Sparsity}
	if n.Gate != nil {
		s.Gate = r.spec(n.Gate).Sparsity
	}
	return s
}

// survey looks at the dense model to say how sparse its matrices should be.
type survey[T linalg.Float] interface {
	// look is shown one block after another and those of its matrices that are to
	// be pruned. It returns what it has of the block's output: of the first
	// samples, the first tokens.
	look(b *model.Block[T], selected []chosen[T]) (output []linalg.Matrix[T], err error)
	// sparsities returns those that are wanted of all matrices that were looked
	// at, up to a shift.
	sparsities() []float64
}

// allocate shares out the zeros. It runs the dense model, one block in memory
// at a time, from the embeddings in hidden, and reports whether it has changed
// these.
func (r *run[T]) allocate() (changed bool, err error) {
	var s survey[T]
	switch r.opt.Allocate {
	case "owl":
		s, changed = &outliers[T]{run: r}, true
	case "alpha":
		s = &tails[T]{run: r}
	case "error":
		s = &damages[T]{run: r}
	}
	var parts []prune.Part
	var slots []string
	var zeros, weights float64
	defer r.scope()()
	for i := range r.opt.End {
		if err := r.ctx.Err(); err != nil {
			return changed, err
		}
		r.tell(Event{Block: i, Stage: "allocate"})
		b, err := r.model.Block(i)
		if err != nil {
			return changed, err
		}
		selected, err := r.choose(i, b)
		if err != nil {
			return changed, err
		}
		for _, l := range selected {
			w := l.Matrix()
			p := prune.Part{Weights: w.Rows * w.Cols}
			kept := r.zerosKept(w)
			p.Least, p.Most = prune.Uneven(r.opt.Spec.Sparsity, kept)
			parts, slots = append(parts, p), append(slots, l.Slot.String())
			zeros, weights = zeros+kept*float64(p.Weights), weights+float64(p.Weights)
		}
		output, err := s.look(b, selected)
		if err != nil {
			return changed, fmt.Errorf("block %d: %w", i, err)
		}
		if err := finiteSamples(r.pool, output, fmt.Sprintf("the output of block %d", i)); err != nil {
			return changed, err
		}
	}
	if err := r.mayKeep(zeros, weights); err != nil {
		return changed, err
	}
	want := s.sparsities()
	for k := range parts {
		parts[k].Want = want[k]
	}
	r.sparsities = map[string]float64{}
	for k, v := range prune.Balance(parts, r.opt.Spec.Sparsity) {
		r.sparsities[slots[k]] = v
	}
	return changed, nil
}

// zerosKept returns the share of weights that are zero and stay so.
func (r *run[T]) zerosKept(w linalg.Matrix[T]) float64 {
	if !r.opt.Spec.KeepMask {
		return 0
	}
	return r.zeros(w)
}

// inputNorms runs block b on the given first samples, in place, and returns
// ‖X_j‖₂ of the features of each stage's input over their tokens. An error names
// the first input that is not finite.
func (r *run[T]) inputNorms(b *model.Block[T], samples []linalg.Matrix[T]) (map[*model.Stage[T]][]T, error) {
	squares := map[*model.Stage[T]][]float64{}
	var bad error
	for k, x := range samples {
		if err := r.ctx.Err(); err != nil {
			return nil, err
		}
		r.pass.Block(r.pool, b, x, model.Sequences[T]{Lengths: []int{x.Rows}}, func(stage *model.Stage[T], in linalg.Matrix[T]) {
			if bad == nil {
				bad = finiteInput(r.pool, stage, k, in)
			}
			if squares[stage] == nil {
				squares[stage] = make([]float64, in.Cols)
			}
			sums := squares[stage]
			for t := range in.Rows {
				for j, v := range in.Row(t) {
					sums[j] += float64(v) * float64(v)
				}
			}
		})
		if bad != nil {
			return nil, bad
		}
	}
	norms := map[*model.Stage[T]][]T{}
	for stage, sums := range squares {
		for _, v := range sums {
			norms[stage] = append(norms[stage], T(math.Sqrt(v)))
		}
	}
	return norms, nil
}
