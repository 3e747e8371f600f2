package asm_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"sparsellm/asm"
	"sparsellm/asm/asmtest"
)

func TestTrsm(t *testing.T) {
	asmtest.EachTier(t, func(t *testing.T) {
		t.Run("float32", testTrsm[float32])
		t.Run("float64", testTrsm[float64])
	})
}

// testTrsm multiplies the solution by the triangle again. The residual of
// substitution is at most (mr+2)·eps·Σ|T||X| (Higham 2002, theorem 8.5, with
// one more rounding for the reciprocal).
func testTrsm[T asm.Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	mr, nr := asm.GemmTile[T]()
	for trial := range 20 {
		ts, ld := mr+trial%3, nr+trial%5
		tri := asmtest.Guard((mr-1)*ts+mr, trial%7, T(1234.5))
		x := asmtest.Guard((mr-1)*ld+nr, trial%4, T(1234.5))
		fill(rng, tri.Data)
		fill(rng, x.Data)
		diag := make([]float64, mr)
		for l := range mr {
			tri.Data[l*ts+l] = T(1 / (1 + rng.Float64()))
			diag[l] = 1 / float64(tri.Data[l*ts+l])
		}
		b := slices.Clone(x.Data)
		asm.Trsm(tri.Data, ts, x.Data, ld)
		tri.Check(t)
		x.Check(t)
		for i := range b {
			row, col := i/ld, i%ld
			if col >= nr {
				if b[i] != x.Data[i] {
					t.Fatal("wrote between rows")
				}
				continue
			}
			var sum, terms float64
			for l := range row + 1 {
				v := diag[row] * float64(x.Data[row*ld+col])
				if l < row {
					v = float64(tri.Data[l*ts+row]) * float64(x.Data[l*ld+col])
				}
				sum += v
				terms += math.Abs(v)
			}
			if d := math.Abs(sum - float64(b[i])); !(d <= float64(mr+2)*eps[T]()*terms*1.01) {
				t.Fatalf("row %d column %d: T·X = %v, want %v", row, col, sum, b[i])
			}
		}
	}
}

func TestPotrf(t *testing.T) {
	asmtest.EachTier(t, func(t *testing.T) {
		t.Run("float32", testPotrf[float32])
		t.Run("float64", testPotrf[float64])
	})
}

// testPotrf multiplies the factor again: |UᵀU − X| ≤ (mr+2)·eps·Σ|Uᵀ||U|
// (Higham 2002, theorem 10.3). It then breaks one pivot after another.
func testPotrf[T asm.Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	mr, nr := asm.GemmTile[T]()
	for trial := range 20 {
		ld := nr + trial%5
		x := asmtest.Guard((mr-1)*ld+nr, trial%4, T(1234.5))
		fill(rng, x.Data)
		for i := range mr {
			x.Data[i*ld+i] = T(mr)
			for j := range i {
				x.Data[i*ld+j] = T(math.NaN()) // must not matter
			}
		}
		before := slices.Clone(x.Data)
		if at := asm.Potrf(x.Data, ld); at != -1 {
			t.Fatalf("failed at %d", at)
		}
		x.Check(t)
		for i := range mr {
			for j := i; j < nr; j++ {
				var sum, terms float64
				for l := range i + 1 {
					v := float64(x.Data[l*ld+i]) * float64(x.Data[l*ld+j])
					sum += v
					terms += math.Abs(v)
				}
				if d := math.Abs(sum - float64(before[i*ld+j])); !(d <= float64(mr+2)*eps[T]()*terms*1.01) {
					t.Fatalf("UᵀU[%d, %d] = %v, want %v", i, j, sum, before[i*ld+j])
				}
			}
		}
		for i := range mr {
			for _, bad := range []float64{0, -1, math.NaN(), math.Inf(1), math.Inf(-1)} {
				y := slices.Clone(before)
				y[i*ld+i] = T(bad)
				if at := asm.Potrf(y, ld); at != i {
					t.Fatalf("%v on the diagonal at %d: failed at %d", bad, i, at)
				}
			}
		}
	}
}
