package asm_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"sparsellm/asm"
	"sparsellm/asm/asmtest"
)

// filled returns guarded numbers.
func filled(rng *rand.Rand, n, offset int) asmtest.Guarded[float32] {
	g := asmtest.Guard(n, offset, float32(7))
	for i := range g.Data {
		g.Data[i] = float32(rng.NormFloat64())
	}
	return g
}

// TestRows compares sums of products with those in float64.
func TestRows(t *testing.T) {
	asmtest.EachTier(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(5, 6))
		for _, width := range []int{0, 1, 4, 8, 12, 64, 72, 80, 128, 136} {
			for n := range 20 {
				stride := width + 8*(n%3)
				rows := filled(rng, max(0, (n-1)*stride+width), n%4)
				for routine, f := range map[string]func(dst, x []float32, rows []float32, stride int){"RowDots": asm.RowDots, "RowSum": asm.RowSum} {
					sums, terms := n, width
					at := func(s, t int) float32 { return rows.Data[s*stride+t] }
					if routine == "RowSum" {
						sums, terms = width, n
						at = func(s, t int) float32 { return rows.Data[t*stride+s] }
					}
					x, dst := filled(rng, terms, n%3), filled(rng, sums, n%2)
					before := slices.Clone(dst.Data)
					f(dst.Data, x.Data, rows.Data, stride)
					for s, got := range dst.Data {
						var want, size float64
						if routine == "RowSum" {
							want = float64(before[s])
							size = math.Abs(want)
						}
						for j, v := range x.Data {
							p := float64(v) * float64(at(s, j))
							want += p
							size += math.Abs(p)
						}
						if !(math.Abs(float64(got)-want) <= float64(terms+1)*0x1p-24*size) {
							t.Fatalf("%s, %d rows of %d: sum %d is %v, want %v", routine, n, width, s, got, want)
						}
					}
					if routine == "RowDots" && n > 0 { // alone as among others
						alone := filled(rng, 1, 0)
						f(alone.Data, x.Data, rows.Data[(n/2)*stride:], stride)
						if alone.Data[0] != dst.Data[n/2] {
							t.Fatalf("%d rows of %d: row %d is %v alone, %v among them", n, width, n/2, alone.Data[0], dst.Data[n/2])
						}
					}
					if routine == "RowSum" && n > 0 { // in parts
						f(before, x.Data[:n/2], rows.Data, stride)
						f(before, x.Data[n/2:], rows.Data[n/2*stride:], stride)
						if !slices.Equal(before, dst.Data) {
							t.Fatalf("%d rows of %d: added in parts %v, at once %v", n, width, before, dst.Data)
						}
					}
					x.Check(t)
					dst.Check(t)
				}
				rows.Check(t)
			}
		}
	})
}

func BenchmarkRowDots(b *testing.B) {
	dst, x, rows := make([]float32, 256), make([]float32, 64), make([]float32, 256*192)
	for b.Loop() {
		asm.RowDots(dst, x, rows, 192)
	}
}

func BenchmarkRowSum(b *testing.B) {
	dst, x, rows := make([]float32, 256), make([]float32, 64), make([]float32, 256*192)
	for b.Loop() {
		asm.RowSum(x, dst, rows, 192)
	}
}
