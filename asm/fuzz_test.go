package asm_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"sparsellm/asm"
)

// FuzzGemm compares the tiles of every tier with sums in float64, over shapes
// and values of every magnitude, NaN and infinity among them.
func FuzzGemm(f *testing.F) {
	f.Add(uint64(1), uint8(3), uint8(5), uint8(17), uint8(2), 1.0)
	f.Add(uint64(2), uint8(0), uint8(13), uint8(31), uint8(0), 0.0)
	f.Add(uint64(3), uint8(64), uint8(0), uint8(0), uint8(9), math.Inf(1))
	f.Fuzz(func(t *testing.T, seed uint64, k, m, n, pad uint8, beta float64) {
		fuzzGemm[float32](t, seed, int(k), int(m), int(n), int(pad), float32(beta))
		fuzzGemm[float64](t, seed, int(k), int(m), int(n), int(pad), beta)
	})
}

func fuzzGemm[T asm.Float](t *testing.T, seed uint64, k, m, n, pad int, beta T) {
	for _, tier := range asm.Tiers() {
		old := asm.SetTier(tier)
		rng := rand.New(rand.NewPCG(seed, 0))
		mr, nr := asm.GemmTile[T]()
		rows, cols := 1+m%mr, 1+n%nr
		as, bs, ldc := mr+pad%3, nr+pad%5, cols+pad
		wild := func(n int) []T {
			s := make([]T, n)
			for i := range s {
				s[i] = T(math.Ldexp(2*rng.Float64()-1, rng.IntN(40)-20))
				if rng.IntN(2000) == 0 {
					s[i] = T([]float64{math.NaN(), math.Inf(1), math.Inf(-1)}[rng.IntN(3)])
				}
			}
			return s
		}
		a, b, c := wild(k*as+mr), wild(k*bs+nr), wild(rows*ldc)
		before := slices.Clone(c)
		asm.Gemm(k, 1, a, as, b, bs, beta, c, ldc, rows, cols)
		asm.SetTier(old)
		for i := range c {
			row, col := i/ldc, i%ldc
			if col >= cols {
				if math.Float64bits(float64(c[i])) != math.Float64bits(float64(before[i])) {
					t.Fatalf("%v: wrote between rows", tier)
				}
				continue
			}
			var sum, terms float64
			add := func(x, y T) {
				sum += float64(x) * float64(y)
				terms += math.Abs(float64(x) * float64(y))
			}
			for p := range k {
				add(a[p*as+row], b[p*bs+col])
			}
			if beta != 0 {
				add(beta, before[i])
			}
			if math.IsNaN(sum) || math.IsInf(sum, 0) || terms > math.MaxFloat32/4 && eps[T]() == 0x1p-24 {
				continue // what overflows, and when, depends on the order
			}
			bound := float64(k+3) * eps[T]() * terms * 1.01
			if terms < 1e-30 { // sums that underflow have absolute errors
				bound += 1e-37
			}
			if !(math.Abs(float64(c[i])-sum) <= bound) {
				t.Fatalf("%v, %d × %d, k=%d: element (%d, %d) is %v, want %v", tier, rows, cols, k, row, col, c[i], sum)
			}
		}
	}
}

// FuzzPotrf: every tier factors a diagonally dominant matrix, and finds a
// pivot that is not positive in the row it is in.
func FuzzPotrf(f *testing.F) {
	f.Add(uint64(1), uint8(0), 1.0)
	f.Add(uint64(2), uint8(5), -1.0)
	f.Add(uint64(3), uint8(13), math.NaN())
	f.Fuzz(func(t *testing.T, seed uint64, at uint8, pivot float64) {
		fuzzPotrf[float32](t, seed, int(at), float32(pivot))
		fuzzPotrf[float64](t, seed, int(at), pivot)
	})
}

func fuzzPotrf[T asm.Float](t *testing.T, seed uint64, at int, pivot T) {
	for _, tier := range asm.Tiers() {
		old := asm.SetTier(tier)
		rng := rand.New(rand.NewPCG(seed, 0))
		mr, nr := asm.GemmTile[T]()
		x := make([]T, mr*nr)
		for i := range x {
			x[i] = T(2*rng.Float64() - 1)
		}
		for i := range mr {
			x[i*nr+i] = T(2 * mr)
		}
		bad := at % mr
		broken := !(pivot > 0) || math.IsInf(float64(pivot), 0)
		if broken {
			x[bad*nr+bad] = pivot
		}
		got := asm.Potrf(x, nr)
		asm.SetTier(old)
		want := -1
		if broken {
			want = bad
		}
		if got != want {
			t.Fatalf("%v: Potrf is %d, want %d for a pivot of %v in row %d", tier, got, want, pivot, bad)
		}
	}
}
