package asm_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"sparsellm/asm"
	"sparsellm/asm/asmtest"
)

func TestGemm(t *testing.T) {
	asmtest.EachTier(t, func(t *testing.T) {
		t.Run("float32", testGemm[float32])
		t.Run("float64", testGemm[float64])
	})
}

// eps is the unit roundoff of T.
func eps[T asm.Float]() float64 {
	var x T
	if _, ok := any(x).(float32); ok {
		return 0x1p-24
	}
	return 0x1p-53
}

// fill sets s to values in [-1, 1).
func fill[T asm.Float](rng *rand.Rand, s []T) {
	for i := range s {
		s[i] = T(2*rng.Float64() - 1)
	}
}

func testGemm[T asm.Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	mr, nr := asm.GemmTile[T]()
	for _, k := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 64} {
		for m := 1; m <= mr; m++ {
			for n := 1; n <= nr; n++ {
				pad := (m + n + k) % 3
				checkGemm[T](t, rng, k, m, n, pad, []float64{0, 1, -0.5}[(m+n+k)%3])
			}
		}
	}
}

// checkGemm compares one tile with sums in float64, with a bound of
// (k+3)·eps·Σ|terms|.
func checkGemm[T asm.Float](t *testing.T, rng *rand.Rand, k, m, n, pad int, beta float64) {
	t.Helper()
	mr, nr := asm.GemmTile[T]()
	as, bs, ldc := mr+pad, nr+2*pad, n+pad
	guard := T(1234.5)
	a := asmtest.Guard(max(k-1, 0)*as+mr, pad, guard)
	b := asmtest.Guard(max(k-1, 0)*bs+nr, pad, guard)
	c := asmtest.Guard((m-1)*ldc+n, pad, guard)
	fill(rng, a.Data)
	fill(rng, b.Data)
	fill(rng, c.Data)
	if beta == 0 { // C must not be read
		for i := range c.Data {
			c.Data[i] = T(math.NaN())
		}
	}
	before := append([]T(nil), c.Data...)
	const alpha = 1.5
	asm.Gemm(k, alpha, a.Data, as, b.Data, bs, T(beta), c.Data, ldc, m, n)
	c.Check(t)
	for i, x := range c.Data {
		row, col := i/ldc, i%ldc
		if col >= n {
			if x != before[i] && !math.IsNaN(float64(before[i])) {
				t.Fatalf("k=%d %dx%d: wrote between rows", k, m, n)
			}
			continue
		}
		var want, terms float64
		for p := range k {
			v := alpha * float64(a.Data[p*as+row]) * float64(b.Data[p*bs+col])
			want += v
			terms += math.Abs(v)
		}
		if beta != 0 {
			v := beta * float64(before[i])
			want += v
			terms += math.Abs(v)
		}
		if d := math.Abs(float64(x) - want); !(d <= float64(k+3)*eps[T]()*terms*1.01) {
			t.Fatalf("k=%d %dx%d beta %v: c[%d,%d] = %v, want %v", k, m, n, beta, row, col, x, want)
		}
	}
}

func BenchmarkGemmTile(b *testing.B) {
	b.Run("float32", benchmarkGemmTile[float32])
	b.Run("float64", benchmarkGemmTile[float64])
}

func benchmarkGemmTile[T asm.Float](b *testing.B) {
	for _, tier := range asm.Tiers() {
		for _, k := range []int{32, 256} {
			b.Run(fmt.Sprintf("%v/%d", tier, k), func(b *testing.B) {
				defer asm.SetTier(asm.SetTier(tier))
				mr, nr := asm.GemmTile[T]()
				x, y, z := make([]T, k*mr), make([]T, k*nr), make([]T, mr*nr)
				for b.Loop() {
					asm.Gemm(k, 1, x, mr, y, nr, 1, z, nr, mr, nr)
				}
				b.ReportMetric(float64(2*k*mr*nr)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
