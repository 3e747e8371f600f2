package prune

import (
	"math"
	"math/rand/v2"
	"testing"

	"sparsellm/linalg"
	"sparsellm/packed"
)

// TestSettle wants every weight on the grid that package packed has, no zero
// moved, and less error than rounding makes, in each precision.
func TestSettle(t *testing.T) {
	testSettle[float32](t)
	testSettle[float64](t)
}

func testSettle[T linalg.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(5, 8))
	pool := linalg.NewPool(2)
	const out, in, tokens = 24, 300, 900
	x := linalg.NewMatrix[T](tokens, in)
	for i := range x.Rows { // features that depend on one another
		row := x.Row(i)
		for j := range row {
			row[j] = T(rng.NormFloat64())
			if j > 0 {
				row[j] += row[j-1] * 0.8
			}
		}
	}
	h := NewHessian[T](in)
	h.Add(pool, x, 1)
	dense := linalg.NewMatrix[T](out, in)
	for i := range dense.Data {
		if dense.Data[i] = T(rng.NormFloat64()); rng.IntN(2) == 0 {
			dense.Data[i] = 0
		}
	}
	for v, g := range map[packed.Values]Grid{packed.Q8: {128, -127, 127}, packed.Q4: {128, -8, 7}} {
		w := dense.Clone()
		if err := Settle(pool, w, h, Spec{Damping: 0.01, Grid: &g}); err != nil {
			t.Fatal(err)
		}
		rounded := dense.Clone()
		for i := range out {
			for j := 0; j < in; j += g.Columns {
				part, near := w.Row(i)[j:min(j+g.Columns, in)], rounded.Row(i)[j:min(j+g.Columns, in)]
				group, raw := make([]float32, len(part)), make([]float32, len(part))
				for k := range part {
					group[k], raw[k] = float32(part[k]), float32(near[k])
				}
				scale, nearest := packed.Scale(v, group), packed.LeastScale(v, raw)
				for k, y := range part {
					if packed.Round(v, scale, group[k]) != group[k] || T(group[k]) != y {
						t.Fatalf("%v: %v is not on the grid of %v", v, y, scale)
					}
					if near[k] == 0 && y != 0 {
						t.Fatalf("%v: a zero becomes %v", v, y)
					}
					near[k] = T(packed.Round(v, nearest, raw[k]))
				}
			}
		}
		settled, nearest := h.Error(pool, w, dense), h.Error(pool, rounded, dense)
		t.Logf("%v: error %.3g, rounded %.3g", v, settled, nearest)
		if !(settled < 0.8*nearest) || math.IsNaN(settled) {
			t.Errorf("%v: error %v, of rounding %v", v, settled, nearest)
		}
	}
	w := dense.Clone()
	if err := Settle(pool, w, h, Spec{Damping: 0.01}); err != nil || w.Data[0] != dense.Data[0] {
		t.Error("without a grid weights change")
	}
}
