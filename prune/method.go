package prune

import (
	"fmt"
	"math"
	"slices"

	"sparsellm/linalg"
)

// Method prunes one matrix for its own output. w, out × in, is changed in
// place; h is the Hessian of its input.
type Method[T linalg.Float] interface {
	Prune(pool *linalg.Pool, w linalg.Matrix[T], h *Hessian[T], spec Spec) error
}

// Magnitude zeroes the smallest weights of a matrix, by one threshold for all
// of it.
type Magnitude[T linalg.Float] struct{}

func init() {
	register(MethodInfo{
		Name: "magnitude", Title: "Magnitude", Rank: 1, Global: true,
		Help: "by |W| alone, nothing repaired",
		Cost: Cost{Sorts: 1, Matrices: 3},
	}, Magnitude[float32]{}, Magnitude[float64]{})
}

// Prune implements Method. It does not read h, which may be nil.
func (Magnitude[T]) Prune(pool *linalg.Pool, w linalg.Matrix[T], _ *Hessian[T], spec Spec) error {
	if err := localOnly(w, spec); err != nil {
		return err
	}
	scores := Scored[T]{Weight: w}.scores(pool)
	defer linalg.GiveBack(pool, scores)
	if spec.Pattern.Structured() {
		zeroPerGroup(pool, w, scores, spec.Pattern)
		return nil
	}
	all := w.Clone()
	linalg.ZeroSmallest(all.Data, scores.Data, slices.Clone(scores.Data), int(float64(len(scores.Data))*spec.Sparsity))
	linalg.Copy(w, all)
	return nil
}

// Wanda zeroes, in each row of outputs, the weights with the smallest
// |W_ij|·‖X_j‖₂ (Sun et al. 2024). Weights that are kept stay as they are.
type Wanda[T linalg.Float] struct{}

func init() {
	register(MethodInfo{
		Name: "wanda", Title: "Wanda", Rank: 2,
		Help: "each row by |W|·‖X‖₂, nothing repaired (Sun et al., 2023)",
		Cost: Cost{Sorts: 1, Matrices: 3},
	}, Wanda[float32]{}, Wanda[float64]{})
}

// Prune implements Method.
func (Wanda[T]) Prune(pool *linalg.Pool, w linalg.Matrix[T], h *Hessian[T], spec Spec) error {
	if err := localOnly(w, spec); err != nil {
		return err
	}
	m := h.Matrix(pool)
	if err := h.Check(pool); err != nil {
		return err
	}
	norms := make([]T, w.Cols) // of the features; the factor 2/K changes no order
	for j := range norms {
		norms[j] = T(math.Sqrt(float64(m.At(j, j))))
	}
	in := Scored[T]{w, norms}
	if spec.Pattern.Structured() {
		scores := in.scores(pool)
		defer linalg.GiveBack(pool, scores)
		zeroPerGroup(pool, w, scores, spec.Pattern)
		return nil
	}
	in.Zero(pool, spec.Sparsity)
	return nil
}

// Scored is a matrix, out × in, with the ‖X_j‖₂ of its input's features over
// all calibration tokens.
type Scored[T linalg.Float] struct {
	Weight linalg.Matrix[T]
	Norms  []T
}

// scores returns |W_ij|·‖X_j‖₂, or |W_ij| where no norms are given. Weights
// that are zero score least, beside those that another's norm makes nothing of.
func (in Scored[T]) scores(pool *linalg.Pool) linalg.Matrix[T] {
	w := in.Weight
	scores := linalg.Take[T](pool, w.Rows, w.Cols)
	pool.For(w.Rows, func(i int) {
		row, s := w.Row(i), scores.Row(i)
		for j, v := range row {
			s[j] = abs(v)
		}
		for j, n := range in.Norms {
			s[j] *= n
		}
		for j, v := range row {
			if v == 0 {
				s[j] = -1
			}
		}
	})
	return scores
}

// Zero zeroes the given share of the weights by Wanda.
func (in Scored[T]) Zero(pool *linalg.Pool, share float64) {
	w, scores := in.Weight, in.scores(pool)
	defer linalg.GiveBack(pool, scores)
	sorted := linalg.Take[T](pool, w.Rows, w.Cols)
	defer linalg.GiveBack(pool, sorted)
	each := float64(w.Cols) * share
	pool.For(w.Rows, func(i int) { // so many in each, as nearly as makes the share that of the matrix
		linalg.ZeroSmallest(w.Row(i), scores.Row(i), sorted.Row(i), int(float64(i+1)*each)-int(float64(i)*each))
	})
}

// SparseGPT prunes by a sweep over the columns (Frantar & Alistarh 2023),
// which repairs the weights that it keeps: those right of a pruned one take
// w_j − (w_i/R_ii)·R_ij, with R the factor of H⁻¹ = RᵀR (linalg.SolveMasked).
type SparseGPT[T linalg.Float] struct{}

func init() {
	register(MethodInfo{
		Name: DefaultLocal, Title: "SparseGPT", Rank: 3, Local: true, Quantises: true, Factor: true,
		Help: "each matrix for itself, the kept weights repaired (Frantar and Alistarh, 2023)",
		Cost: Cost{Sweeps: 1, Columns: 1, Matrices: 1},
	}, SparseGPT[float32]{}, SparseGPT[float64]{})
}

// Prune implements Method.
func (SparseGPT[T]) Prune(pool *linalg.Pool, w linalg.Matrix[T], h *Hessian[T], spec Spec) error {
	l := &layer[T]{w: w, spec: spec}
	if spec.KeepMask {
		l.dense = linalg.TakeCopy(pool, w)
		defer linalg.GiveBack(pool, l.dense)
	}
	return l.prune(pool, h)
}

// localOnly refuses what a method that repairs nothing cannot do.
func localOnly[T linalg.Float](w linalg.Matrix[T], spec Spec) error {
	if spec.quantises() {
		return fmt.Errorf("prune: this method does not quantise; with %d bits it is one of %s", spec.Bits, quantisers())
	}
	return spec.CheckColumns(w.Cols)
}

// zeroPerGroup zeroes, in every group of p.Of consecutive weights of a row,
// all but the p.Keep that score highest.
func zeroPerGroup[T linalg.Float](pool *linalg.Pool, w, scores linalg.Matrix[T], p Pattern) {
	pool.For(w.Rows, func(i int) {
		row, s := w.Row(i), scores.Row(i)
		space := make([]T, p.Of)
		for j := 0; j < len(row); j += p.Of {
			linalg.ZeroSmallest(row[j:j+p.Of], s[j:j+p.Of], space, p.zeros())
		}
	})
}
