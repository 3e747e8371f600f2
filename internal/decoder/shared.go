package decoder

import (
	"sparsellm/linalg"
	"sparsellm/model"
)

// unshare returns x, which has the rows of sequences that share positions, with
// all positions of each, one sequence after another; starts is filled with where
// the rows of each are.
func unshare[T linalg.Float](s *model.Scratch[T], x linalg.Matrix[T], seq model.Sequences[T], starts []int) linalg.Matrix[T] {
	total := 0
	for i, n := range seq.Lengths {
		total += seq.Shared[i] + n
	}
	all := s.Matrix(total, x.Cols)
	at, row, before := 0, 0, 0 // before: where the sequence before begins
	for i, n := range seq.Lengths {
		shared := seq.Shared[i]
		copy(all.Data[at*x.Cols:], all.Data[before*x.Cols:(before+shared)*x.Cols])
		starts[i] = at + shared
		for j := range n {
			copy(all.Row(starts[i]+j), x.Row(row+j))
		}
		before, at, row = at, at+shared+n, row+n
	}
	return all
}

// attendShared is Attend of sequences that share positions.
func attendShared[T linalg.Float](pool *linalg.Pool, a Attention, s *model.Scratch[T], dst, q, k, v linalg.Matrix[T], seq model.Sequences[T]) {
	starts := make([]int, len(seq.Lengths))
	k, v = unshare(s, k, seq, starts), unshare(s, v, seq, starts)
	var tiles []tile
	row, most := 0, 0
	for i, n := range seq.Lengths {
		shared := seq.Shared[i]
		tiles = a.appendTiles(tiles, row-shared, starts[i]-shared, shared, n)
		most = max(most, shared+n)
		row += n
	}
	attend(pool, a, s, dst, q, k, v, tiles, most)
}
