package pipeline

import (
	"gonum.org/v1/gonum/mat"

	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/prune"
)

// byBlock are what a survey has found of blocks whose matrices get one
// sparsity.
type byBlock struct {
	scores  []float64
	weights []int // of the block's matrices
	block   []int // for each matrix, its block's place in the above
}

func (s *byBlock) add(score float64, weights, matrices int) {
	for range matrices {
		s.block = append(s.block, len(s.scores))
	}
	s.scores, s.weights = append(s.scores, score), append(s.weights, weights)
}

// each returns what the blocks want for each matrix.
func (s *byBlock) each(blocks []float64) []float64 {
	all := make([]float64, len(s.block))
	for k, i := range s.block {
		all[k] = blocks[i]
	}
	return all
}

// outliers is the survey of OWL.
type outliers[T linalg.Float] struct {
	run    *run[T]
	blocks byBlock
}

func (s *outliers[T]) look(b *model.Block[T], selected []chosen[T]) ([]linalg.Matrix[T], error) {
	norms, err := s.run.inputNorms(b, s.run.samples)
	if err != nil || len(selected) == 0 {
		return s.run.samples, err
	}
	var in []prune.Scored[T]
	n := 0
	for _, l := range selected {
		in = append(in, prune.Scored[T]{Weight: l.Matrix(), Norms: norms[l.stage]})
		n += l.Weight.Outputs() * l.Weight.Inputs()
	}
	s.blocks.add(prune.OutlierShare(s.run.pool, in), n, len(selected))
	return s.run.samples, nil
}

func (s *outliers[T]) sparsities() []float64 {
	return s.blocks.each(prune.ByOutliers(s.blocks.scores, s.run.opt.Spec.Sparsity))
}

// tails is the survey of AlphaPruning, which takes no activations.
type tails[T linalg.Float] struct {
	run    *run[T]
	blocks byBlock
}

func (s *tails[T]) look(_ *model.Block[T], selected []chosen[T]) ([]linalg.Matrix[T], error) {
	if len(selected) == 0 {
		return nil, nil
	}
	grams := make([]linalg.Matrix[float64], len(selected))
	n := 0
	for k, l := range selected {
		n += l.Weight.Outputs() * l.Weight.Inputs()
		grams[k] = smallerGram(s.run.pool, l.Matrix())
	}
	alphas := make([]float64, len(grams)) // 0 where there is none
	s.run.pool.For(len(grams), func(k int) { alphas[k], _ = prune.TailExponent(eigenvalues(grams[k])) })
	var sum, known float64
	for _, a := range alphas {
		if a > 0 {
			sum += a
			known++
		}
	}
	s.blocks.add(sum/max(known, 1), n, len(selected))
	return nil, nil
}

func (s *tails[T]) sparsities() []float64 {
	return s.blocks.each(prune.ByTails(s.blocks.scores, s.blocks.weights, s.run.opt.Spec.Sparsity))
}

// smallerGram returns the lower triangle of W·Wᵀ or of Wᵀ·W, whose eigenvalues
// are the same but for zeros.
func smallerGram[T linalg.Float](pool *linalg.Pool, weight linalg.Matrix[T]) linalg.Matrix[float64] {
	w, side := linalg.Convert[float64](pool, weight), linalg.NoTrans
	if w.Cols < w.Rows {
		side = linalg.Trans
	}
	n := min(w.Rows, w.Cols)
	g := linalg.NewMatrix[float64](n, n)
	linalg.Syrk(pool, side, 1, w, 0, g)
	linalg.GiveBack(pool, w)
	return g
}

// eigenvalues returns those of the symmetric matrix whose lower triangle g
// holds; none if they cannot be computed.
func eigenvalues(g linalg.Matrix[float64]) []float64 {
	sym := mat.NewSymDense(g.Rows, nil)
	for i := range g.Rows {
		for j, v := range g.Row(i)[:i+1] {
			sym.SetSym(i, j, v)
		}
	}
	var eig mat.EigenSym
	if !eig.Factorize(sym, false) {
		return nil
	}
	return eig.Values(nil)
}
