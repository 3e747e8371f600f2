package prune

import (
	"math"

	"sparsellm/linalg"
)

// grid is a row's quantisation grid: asymmetric, from the row's least to its
// greatest value, zero among them, in 2^bits − 1 steps.
type grid[T linalg.Float] struct{ scale, zero T }

// rowGrids returns the grid of every row of w.
func rowGrids[T linalg.Float](w linalg.Matrix[T], bits int) []grid[T] {
	grids := make([]grid[T], w.Rows)
	for i := range grids {
		var lo, hi T
		for _, v := range w.Row(i) {
			lo, hi = min(lo, v), max(hi, v)
		}
		top := levels[T](bits)
		scale := (hi - lo) / top
		if scale == 0 { // nothing, or so little that no grid is as fine
			lo, scale = -1, 2/top
		}
		// Zero is on the grid, or what is pruned would not be.
		grids[i] = grid[T]{scale, min(roundEven(-lo/scale), top)}
	}
	return grids
}

// levels returns the greatest integer of a grid of that many bits.
func levels[T linalg.Float](bits int) T { return T(int(1)<<bits - 1) }

// quantize returns the point of g nearest to x.
func (g grid[T]) quantize(x, levels T) T {
	q := roundEven(x/g.scale) + g.zero
	return g.scale * (min(max(q, 0), levels) - g.zero)
}

func roundEven[T linalg.Float](x T) T { return T(math.RoundToEven(float64(x))) }
