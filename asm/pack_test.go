package asm_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"sparsellm/asm"
	"sparsellm/asm/asmtest"
)

func TestPack(t *testing.T) {
	asmtest.EachTier(t, func(t *testing.T) {
		t.Run("float32", testPack[float32])
		t.Run("float64", testPack[float64])
	})
}

// testPack compares both ways of packing with their definitions, for widths
// of every tier's tiles and around them.
func testPack[T asm.Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, w := range []int{1, 2, 3, 4, 6, 8, 12, 14, 16, 17, 32} {
		for m := 0; m <= w; m++ {
			for _, k := range []int{0, 1, 3, 4, 5, 7, 8, 9, 16, 23} {
				pad := (m + k) % 4
				for _, trans := range []bool{false, true} {
					rows, cols := k, m
					if trans {
						rows, cols = m, k
					}
					ld := cols + pad
					src := make([]T, max(0, (rows-1)*ld+cols))
					fill(rng, src)
					dst := asmtest.Guard(k*w, pad, T(1234.5))
					fill(rng, dst.Data)
					before := slices.Clone(dst.Data)
					if trans {
						asm.Transpose(dst.Data, w, src, ld, m, k)
					} else {
						asm.Pack(dst.Data, w, src, ld, k, m)
					}
					dst.Check(t)
					for p := range k {
						for i := range w {
							var want T
							if trans && i >= m {
								want = before[p*w+i]
							} else if trans {
								want = src[i*ld+p]
							} else if i < m {
								want = src[p*ld+i]
							}
							if got := dst.Data[p*w+i]; got != want {
								t.Fatalf("trans %v w=%d m=%d k=%d: element (%d, %d) is %v, want %v", trans, w, m, k, p, i, got, want)
							}
						}
					}
				}
			}
		}
	}
}

func BenchmarkPack(b *testing.B) {
	const k, ld = 256, 1536
	src := make([]float32, k*ld)
	for _, w := range []int{14, 32} {
		dst := make([]float32, k*w)
		b.Run(fmt.Sprint("rows/", w), func(b *testing.B) {
			b.SetBytes(4 * k * int64(w))
			for b.Loop() {
				asm.Pack(dst, w, src, ld, k, w)
			}
		})
		b.Run(fmt.Sprint("columns/", w), func(b *testing.B) {
			b.SetBytes(4 * k * int64(w))
			for b.Loop() {
				asm.Transpose(dst, w, src, ld, w, k)
			}
		})
	}
}
