package asm_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"sparsellm/asm"
	"sparsellm/asm/asmtest"
)

// Dot is the same bits in every tier: 32 running sums, added up by halves.
func TestDot(t *testing.T) {
	asmtest.EachTier(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for n := range 200 {
			for offset := range 3 {
				a, b := asmtest.Guard(n, offset, float32(7)), asmtest.Guard(n, 2*offset, float32(7))
				var sums [32]float64
				var size float64
				for i := range n {
					a.Data[i], b.Data[i] = float32(rng.NormFloat64()), float32(rng.NormFloat64())
					product := float64(a.Data[i]) * float64(b.Data[i])
					sums[i%32] += product
					size += math.Abs(product)
				}
				got := asm.Dot(a.Data, b.Data)
				want := 0.0
				for _, s := range sums {
					want += s
				}
				// Two sums of the same terms in other orders.
				if math.Abs(got-want) > 64*0x1p-53*size {
					t.Fatalf("%d elements: %v, want %v", n, got, want)
				}
				for w := 16; w > 0; w /= 2 {
					for i := range w {
						sums[i] += sums[i+w]
					}
				}
				if math.Float64bits(got) != math.Float64bits(sums[0]) {
					t.Fatalf("%d elements: %v is not in order: %v", n, got, sums[0])
				}
				a.Check(t)
				b.Check(t)
			}
		}
		if x := asm.Dot([]float32{1, float32(math.Inf(1))}, []float32{1, 0}); x == x {
			t.Errorf("∞·0 is %v", x)
		}
	})
}

func TestAddTo(t *testing.T) {
	asmtest.EachTier(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 4))
		for n := range 100 {
			for offset := range 3 {
				dst, src := asmtest.Guard(n, offset, float64(7)), asmtest.Guard(n, offset, float32(7))
				want := make([]float64, n)
				for i := range n {
					dst.Data[i], src.Data[i] = rng.NormFloat64(), float32(rng.NormFloat64())
					want[i] = dst.Data[i] + float64(src.Data[i])
				}
				asm.AddTo(dst.Data, src.Data)
				for i, v := range dst.Data {
					if v != want[i] {
						t.Fatalf("%d elements: element %d is %v, want %v", n, i, v, want[i])
					}
				}
				dst.Check(t)
				src.Check(t)
			}
		}
	})
}

func BenchmarkDot(b *testing.B) {
	x, y := make([]float32, 1536), make([]float32, 1536)
	b.SetBytes(8 * 1536)
	for b.Loop() {
		asm.Dot(x, y)
	}
}

func BenchmarkAddTo(b *testing.B) {
	x, y := make([]float64, 1536), make([]float32, 1536)
	b.SetBytes(20 * 1536)
	for b.Loop() {
		asm.AddTo(x, y)
	}
}
