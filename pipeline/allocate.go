package pipeline

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

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
var Allocations = []string{"uniform", "owl", "alpha"}

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

// allocate shares out the zeros. It runs the dense model, one block in memory
// at a time, with hidden as the first block's input, and leaves hidden changed.
func (r *run[T]) allocate() error {
	var parts []prune.Part
	var tensors []string
	var in []int // for each part, its block's place in the following
	var scores []float64
	var weights []int
	for i := range r.opt.Last {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		r.tell(Event{Block: i, Stage: "allocate"})
		b, err := r.model.Block(i)
		if err != nil {
			return err
		}
		n := 0
		for _, l := range b.Linears() {
			if !r.opt.selects(i, l) {
				continue
			}
			if err := finiteWeight(l); err != nil {
				return err
			}
			size := l.Weight.Rows * l.Weight.Cols
			n += size
			p := prune.Part{Weights: size}
			p.Least, p.Most = prune.Uneven(r.opt.Spec.Sparsity, r.zerosKept(l))
			parts, tensors, in = append(parts, p), append(tensors, l.Tensor), append(in, len(scores))
		}
		score, err := r.score(i, b)
		if err != nil {
			return fmt.Errorf("block %d: %w", i, err)
		}
		if n > 0 {
			scores, weights = append(scores, score), append(weights, n)
		}
	}
	var want []float64
	switch r.opt.Allocate {
	case "owl":
		want = prune.ByOutliers(scores, r.opt.Spec.Sparsity)
	case "alpha":
		want = prune.ByTails(scores, weights, r.opt.Spec.Sparsity)
	}
	for k := range parts {
		parts[k].Want = want[in[k]]
	}
	r.sparsities = map[string]float64{}
	for k, s := range prune.Balance(parts, r.opt.Spec.Sparsity) {
		r.sparsities[tensors[k]] = s
	}
	return nil
}

// zerosKept returns the share of l's weights that are zero and stay so.
func (r *run[T]) zerosKept(l *model.Linear[T]) float64 {
	if !r.opt.Spec.KeepMask {
		return 0
	}
	zeros := 0
	eachWeight(l, func(w T) {
		if w == 0 {
			zeros++
		}
	})
	return float64(zeros) / float64(l.Weight.Rows*l.Weight.Cols)
}

// score returns that of dense block i by which its sparsity is decided, and
// makes hidden the block's output if the score depends on activations.
func (r *run[T]) score(i int, b model.Block[T]) (float64, error) {
	if r.opt.Allocate == "alpha" {
		return r.tailExponent(i, b), nil
	}
	norms, err := r.inputNorms(b)
	if err != nil {
		return 0, err
	}
	if err := finiteSamples(r.samples, "the output"); err != nil {
		return 0, err
	}
	var in []prune.Inputs[T]
	for _, l := range b.Linears() {
		if r.opt.selects(i, l) {
			in = append(in, prune.Inputs[T]{Weight: l.Weight, Norms: norms[l.Site]})
		}
	}
	return prune.OutlierShare(r.pool, in), nil
}

// inputNorms runs a block on hidden, in place, and returns ‖X_j‖₂ of the
// features at each site over all tokens.
func (r *run[T]) inputNorms(b model.Block[T]) (norms [model.Sites][]T, err error) {
	var squares [model.Sites][]float64
	for k, x := range r.samples {
		if err := r.ctx.Err(); err != nil {
			return norms, err
		}
		r.whole(b, x, func(site model.Site, in linalg.Matrix[T]) {
			if squares[site] == nil {
				squares[site] = make([]float64, in.Cols)
			}
			for t := range in.Rows {
				for j, v := range in.Row(t) {
					squares[site][j] += float64(v) * float64(v)
				}
			}
			if where := finiteInput(b, site, k, in); err == nil {
				err = where
			}
		})
		if err != nil {
			return norms, err
		}
	}
	for site, sums := range squares {
		norms[site] = make([]T, len(sums))
		for j, v := range sums {
			norms[site][j] = T(math.Sqrt(v))
		}
	}
	return norms, nil
}

// tailExponent returns the mean exponent of the tails of the spectra of block
// i's selected matrices: of W·Wᵀ, or of Wᵀ·W where that is smaller.
func (r *run[T]) tailExponent(i int, b model.Block[T]) float64 {
	var grams []linalg.Matrix[float64]
	for _, l := range b.Linears() {
		if !r.opt.selects(i, l) {
			continue
		}
		w, side := linalg.Convert[float64](l.Weight), linalg.NoTrans
		n := w.Rows
		if w.Cols < n {
			n, side = w.Cols, linalg.Trans
		}
		g := linalg.NewMatrix[float64](n, n)
		linalg.Syrk(r.pool, side, 1, w, 0, g)
		grams = append(grams, g)
	}
	alphas := make([]float64, len(grams)) // 0 where there is none
	r.pool.For(len(grams), func(k int) {
		alphas[k], _ = prune.TailExponent(eigenvalues(grams[k]))
	})
	var sum, n float64
	for _, a := range alphas {
		if a > 0 {
			sum += a
			n++
		}
	}
	return sum / max(n, 1)
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
