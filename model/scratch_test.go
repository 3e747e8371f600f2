package model

import (
	"math/rand/v2"
	"slices"
	"testing"

	"sparsellm/linalg"
)

// TestScratch checks that what is lent never overlaps and that a second run
// like the first allocates nothing.
func TestScratch(t *testing.T) {
	var s Scratch[float64]
	rng := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		s.Reset()
		var lent []linalg.Matrix[float64]
		for i := range 1 + rng.IntN(5) {
			m := s.Matrix(1+rng.IntN(6), 1+rng.IntN(6))
			for j := range m.Data {
				m.Data[j] = float64(i)
			}
			lent = append(lent, m)
		}
		for i, m := range lent {
			if slices.ContainsFunc(m.Data, func(v float64) bool { return v != float64(i) }) {
				t.Fatal("two matrices share memory")
			}
		}
	}
	run := func() { s.Reset(); s.Matrix(30, 40); s.Matrix(7, 9) }
	run()
	if n := testing.AllocsPerRun(3, run); n != 0 {
		t.Errorf("%v allocations in a run like the one before", n)
	}
}
