package prune

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestWorkFollowsTheSweep: what is worked out by hand must be what the sweep
// does, in any of its blocks.
func TestWorkFollowsTheSweep(t *testing.T) {
	rng := rand.New(rand.NewPCG(61, 62))
	_, h := correlated(rng, 300, 40)
	w := randomMatrix(rng, 24, 40)
	for _, s := range []Spec{spec(0.6, Pattern{}), spec(0, Pattern{2, 4}), spec(0, Pattern{}), spec(0, Pattern{1, 8})} {
		s.BlockSize = 16
		pruned := w.Clone()
		if err := (SparseGPT[float64]{}).Prune(nil, pruned, h, s); err != nil {
			t.Fatal(err)
		}
		for _, c := range [][2]int{{0, 8}, {16, 32}, {21, 22}, {35, 40}} {
			for _, row := range []int{0, 13, 23} {
				got, err := Work(nil, w, h, s, row, c[0], c[1])
				if err != nil {
					t.Fatal(err)
				}
				if len(got.Columns) != c[1]-c[0] {
					t.Fatalf("%d columns, want those of %v", len(got.Columns), c)
				}
				for k, col := range got.Columns {
					want := pruned.At(row, col.Column)
					if col.Zeroed != (want == 0) || math.Abs(col.Kept-want) > 1e-12 {
						t.Errorf("%+v: row %d, column %d: %+v, the sweep has %v", s, row, col.Column, col, want)
					}
					if col.Dense != w.At(row, col.Column) || len(col.Updates) != c[1]-1-col.Column {
						t.Errorf("%+v: row %d, column %d: %+v", s, row, col.Column, col)
					}
					if k > 0 && c[0] == 0 {
						sum := col.Dense
						for i, before := range got.Columns[:k] {
							sum += before.Updates[k-1-i]
						}
						if math.Abs(sum-col.Weight) > 1e-12 {
							t.Errorf("column %d: the updates take %v to %v, not %v", col.Column, col.Dense, sum, col.Weight)
						}
					}
				}
			}
		}
	}
	for _, bad := range [][3]int{{24, 0, 4}, {-1, 0, 4}, {0, 4, 4}, {0, -1, 4}, {0, 30, 41}, {0, 12, 20}} {
		s := spec(0.5, Pattern{})
		s.BlockSize = 16
		if _, err := Work(nil, w, h, s, bad[0], bad[1], bad[2]); err == nil {
			t.Errorf("row %d, columns %d:%d are worked out", bad[0], bad[1], bad[2])
		}
	}
}
