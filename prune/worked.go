package prune

import (
	"fmt"
	"slices"

	"sparsellm/linalg"
)

// Worked is a sweep as it comes to a few columns of one row, with every
// number.
type Worked struct {
	First, End int // the sweep's block of columns: First ≤ j < End
	// Threshold is the saliency up to which the block's weights are zeroed, of
	// many that have it the first; a pattern has none.
	Threshold float64
	Damping   float64 // that the Hessian took
	Columns   []WorkedColumn
}

// WorkedColumn is what a sweep does to one weight.
type WorkedColumn struct {
	Column   int
	Dense    float64 // the weight before the sweep
	Scored   float64 // when the mask was chosen
	Saliency float64 // Scored²/R_ii²
	Weight   float64 // when the sweep reaches it: Dense, less the updates of the columns before
	Diagonal float64 // R_ii
	Zeroed   bool
	Kept     float64 // q: 0 or Weight
	// Err is (Weight − Kept)/R_ii. Its square is what the column adds to the
	// row's error, ΔHΔᵀ with the damped Hessian: Δ = −Err·R for the row of all
	// errs, and R·H·Rᵀ = I.
	Err float64
	// Updates are −Err·R_ij, for the columns j that come after it among those
	// that are shown.
	Updates []float64
	Dead    bool // its input feature was zero in every sample
}

// CheckWork returns an error if Work cannot work out columns from ≤ j < to of a
// row of a matrix that has so many rows and columns.
func (s Spec) CheckWork(rows, cols, row, from, to int) error {
	if row < 0 || row >= rows {
		return fmt.Errorf("prune: row %d is not one of the matrix's %d, from 0 on", row, rows)
	}
	if from < 0 || from >= to || to > cols {
		return fmt.Errorf("prune: columns %d:%d are not a range of the matrix's %d", from, to, cols)
	}
	if end := (from/s.BlockSize + 1) * s.BlockSize; to > end {
		return fmt.Errorf("prune: columns %d:%d are of two blocks of the sweep, the first of which ends at %d", from, to, end)
	}
	return s.CheckColumns(cols)
}

// Work sweeps w, out × in, up to the columns from ≤ j < to, which are of one
// block of the sweep, and works them out for a row. w is left as it is. It does
// not quantise, and does not keep a mask.
func Work[T linalg.Float](pool *linalg.Pool, w linalg.Matrix[T], h *Hessian[T], spec Spec, row, from, to int) (*Worked, error) {
	if err := spec.CheckWork(w.Rows, w.Cols, row, from, to); err != nil {
		return nil, err
	}
	first := from / spec.BlockSize * spec.BlockSize
	last := min(first+spec.BlockSize, w.Cols)
	f, err := h.Factor(pool, spec.Damping)
	if err != nil {
		return nil, err
	}
	dense, swept := w, w.Clone()
	zeroColumns(swept, f.Dead)
	errs := linalg.NewMatrix[T](w.Rows, spec.BlockSize)
	for c0 := 0; c0 < first; c0 += spec.BlockSize {
		sweepBlock(pool, swept, errs, f, spec, linalg.Matrix[T]{}, nil, c0)
	}
	r := f.R.Slice(first, last, first, last)
	mask, threshold := blockMask(pool, swept.Slice(0, w.Rows, first, last), r, spec, linalg.Matrix[T]{})
	worked := &Worked{First: first, End: last, Threshold: float64(threshold), Damping: f.Damping}

	// The row alone: what linalg.SolveMasked does, a column at a time.
	x := slices.Clone(swept.Row(row)[first:last])
	scored, zeroed := slices.Clone(x), make([]bool, len(x))
	saliency := func(j int) T { return scored[j] * scored[j] / (r.At(j, j) * r.At(j, j)) }
	for j := range to - first {
		if mask.Of > 0 && j%mask.Of == 0 {
			copy(scored[j:], x[j:j+mask.Of])
			for range mask.Zeros {
				least := -1
				for k := j; k < j+mask.Of; k++ {
					if !zeroed[k] && (least < 0 || saliency(k) < saliency(least)) {
						least = k
					}
				}
				zeroed[least] = true
			}
		} else if mask.Of == 0 {
			zeroed[j] = saliency(j) <= mask.Threshold || mask.Forced.Rows > 0 && mask.Forced.At(row, j) == 0
		}
		c := WorkedColumn{
			Column: first + j, Dense: float64(dense.At(row, first+j)), Scored: float64(scored[j]), Saliency: float64(saliency(j)),
			Weight: float64(x[j]), Diagonal: float64(r.At(j, j)), Zeroed: zeroed[j], Dead: slices.Contains(f.Dead, first+j),
		}
		var e T
		if zeroed[j] {
			e = x[j] / r.At(j, j)
		} else {
			c.Kept = c.Weight
		}
		c.Err = float64(e)
		for k := j + 1; k < len(x); k++ {
			update := -e * r.At(j, k)
			x[k] += update
			if first+k < to {
				c.Updates = append(c.Updates, float64(update))
			}
		}
		if c.Column >= from {
			worked.Columns = append(worked.Columns, c)
		}
	}
	return worked, nil
}
