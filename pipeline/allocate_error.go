package pipeline

import (
	"strings"

	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/prune"
)

// Of the survey by error.
const (
	probeShare  = 0.5 // of a matrix's weights that are zeroed to see what that does
	ProbeTokens = 128 // on which it is seen, the first there are
)

// damages is the survey by error: it zeroes half of one matrix after another
// and sees how much that moves the block's output, the residual stream h,
//
//	d = mean over tokens of ‖h′_t − h_t‖²/‖h_t‖².
//
// That is in the same unit for all matrices, wherever in the model and in its
// block, and stands for what becomes of the model's predictions. (Over the
// matrices of SmolLM2-135M its logarithm correlates by 0.86 with that of the
// KL divergence after SparseGPT has zeroed 70% of that matrix; the relative
// error of the matrix's own output does so by 0.53.)
type damages[T linalg.Float] struct {
	run     *run[T]
	samples []linalg.Matrix[T] // the next block's input: of the first samples, the first tokens
	tokens  int                // of these
	damages []float64
	weights []int
}

func (s *damages[T]) look(b *model.Block[T], selected []chosen[T]) ([]linalg.Matrix[T], error) {
	r := s.run
	if s.samples == nil {
		for _, x := range r.samples {
			if n := min(x.Rows, ProbeTokens-s.tokens); n > 0 {
				s.samples = append(s.samples, x.Slice(0, n, 0, x.Cols).Clone()) // a token does not depend on those after it
				s.tokens += n
			}
		}
	}
	before := make([][]linalg.Matrix[T], len(b.Sublayers)) // each sublayer
	for _, x := range s.samples {
		before[0] = append(before[0], x.Clone())
	}
	after := s.samples
	norms, err := r.inputNorms(b, after)
	if err != nil {
		return nil, err
	}
	run := func(from, to int, x linalg.Matrix[T]) linalg.Matrix[T] {
		x = x.Clone()
		r.pass.Sublayers(r.pool, b, from, to, x, model.Sequences[T]{Lengths: []int{x.Rows}}, nil)
		return x
	}
	for k := 1; k < len(before) && !b.Parallel; k++ {
		for _, x := range before[k-1] {
			before[k] = append(before[k], run(k-1, k, x))
		}
	}
	for _, l := range selected {
		if err := r.ctx.Err(); err != nil {
			return nil, err
		}
		w := l.Matrix()
		dense := linalg.TakeCopy(r.pool, w)
		prune.Scored[T]{Weight: w, Norms: norms[l.stage]}.Zero(r.pool, probeShare)
		from := l.sublayer // those before it are as they were
		if b.Parallel {
			from = 0
		}
		var moved float64
		for k, x := range before[from] {
			moved += relativeChange(run(from, len(before), x), after[k])
		}
		linalg.Copy(w, dense)
		linalg.GiveBack(r.pool, dense)
		s.damages = append(s.damages, moved/float64(s.tokens))
		s.weights = append(s.weights, w.Rows*w.Cols)
	}
	s.levelExperts(selected)
	return after, nil
}

// levelExperts gives the experts' matrices of a block, of which the last are
// those of selected, what they do to the output on average: of a hundred tokens
// too few reach each of them to tell one from another, and one that none reaches
// would seem to be good for nothing.
func (s *damages[T]) levelExperts(selected []chosen[T]) {
	these := s.damages[len(s.damages)-len(selected):]
	sums, counts := map[string]float64{}, map[string]float64{}
	role := func(l chosen[T]) string { return l.Name[strings.LastIndexByte(l.Name, '.')+1:] }
	for k, l := range selected {
		if l.stage.Expert {
			sums[role(l)] += these[k]
			counts[role(l)]++
		}
	}
	for k, l := range selected {
		if l.stage.Expert {
			these[k] = sums[role(l)] / counts[role(l)]
		}
	}
}

func (s *damages[T]) sparsities() []float64 {
	return prune.ByDamage(s.damages, s.weights, s.run.opt.Spec.Sparsity)
}

// relativeChange returns the sum over tokens of ‖x_t − x0_t‖²/‖x0_t‖², where
// the latter is not 0.
func relativeChange[T linalg.Float](x, x0 linalg.Matrix[T]) (sum float64) {
	for t := range x.Rows {
		var change, size float64
		x0t := x0.Row(t)
		for j, v := range x.Row(t) {
			d := float64(v) - float64(x0t[j])
			change += d * d
			size += float64(x0t[j]) * float64(x0t[j])
		}
		if size > 0 {
			sum += change / size
		}
	}
	return sum
}
