package asm_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"sparsellm/asm"
	"sparsellm/asm/asmtest"
)

func TestSolveMasked(t *testing.T) {
	asmtest.EachTier(t, func(t *testing.T) {
		t.Run("float32", testSolveMasked[float32])
		t.Run("float64", testSolveMasked[float64])
	})
}

func testSolveMasked[T asm.Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	mr, _ := asm.GemmTile[T]()
	for m := 1; m <= mr; m++ {
		for s := 1; s <= m; s++ {
			checkSolveMasked[T](t, rng, s, m, (s+m)%4)
		}
	}
}

// checkSolveMasked compares one tile with the loop in the comment, done in
// float64, with a bound of (3+columns)·eps·Σ|terms|.
func checkSolveMasked[T asm.Float](t *testing.T, rng *rand.Rand, s, m, pad int) {
	t.Helper()
	mr, nr := asm.GemmTile[T]()
	rs := mr + pad
	w := asmtest.Guard(mr*nr, pad, T(1234.5))
	errs := asmtest.Guard(s*nr, pad, T(1234.5))
	r := asmtest.Guard((s-1)*rs+mr, pad, T(1234.5))
	fill(rng, w.Data)
	fill(rng, r.Data)
	for i := range s {
		r.Data[i*rs+i] = 1 + r.Data[i*rs+i]/2
	}
	mask := make([]uint32, s)
	for i := range mask {
		mask[i] = rng.Uint32() // bits beyond nr count for nothing
	}
	const row = 0 // a weight that is not finite spoils its row and no other
	if s > 1 {
		w.Data[row] = T(math.Inf(1))
		mask[0] |= 1
	}
	before := slices.Clone(w.Data)
	asm.SolveMasked(s, m, w.Data, errs.Data, r.Data, rs, mask)
	w.Check(t)
	errs.Check(t)
	for l := range nr {
		if s > 1 && l == row {
			if w.Data[l] != 0 || !math.IsInf(float64(errs.Data[l]), 1) {
				t.Fatalf("s=%d m=%d: an infinite weight becomes %v with error %v", s, m, w.Data[l], errs.Data[l])
			}
			continue
		}
		value, terms := make([]float64, m), make([]float64, m)
		for j := range value {
			value[j] = float64(before[j*nr+l])
			terms[j] = math.Abs(value[j])
		}
		for i := range m {
			bound := float64(3+m) * eps[T]() * terms[i]
			masked := i < s && mask[i]>>l&1 == 1
			if got := w.Data[i*nr+l]; masked {
				if got != 0 {
					t.Fatalf("s=%d m=%d: masked weight (%d, %d) is %v", s, m, l, i, got)
				}
			} else if d := math.Abs(float64(got) - value[i]); !(d <= bound) {
				t.Fatalf("s=%d m=%d: weight (%d, %d) is %v, want %v", s, m, l, i, got, value[i])
			}
			if i >= s {
				continue
			}
			e, d := 0.0, float64(r.Data[i*rs+i])
			if masked {
				e = value[i] / d
			}
			got := float64(errs.Data[i*nr+l])
			if !(math.Abs(got-e) <= bound/d) || !masked && got != 0 {
				t.Fatalf("s=%d m=%d: error (%d, %d) is %v, want %v", s, m, l, i, got, e)
			}
			for j := i + 1; j < m; j++ {
				value[j] -= e * float64(r.Data[i*rs+j])
				if masked {
					terms[j] += terms[i] / d * math.Abs(float64(r.Data[i*rs+j]))
				}
			}
		}
	}
	for i := m * nr; i < mr*nr; i++ {
		if w.Data[i] != before[i] {
			t.Fatalf("s=%d m=%d: wrote column %d", s, m, i/nr)
		}
	}
}

// TestMasks compares with the definitions, which every tier must meet exactly.
func TestMasks(t *testing.T) {
	asmtest.EachTier(t, func(t *testing.T) {
		t.Run("float32", testMasks[float32])
		t.Run("float64", testMasks[float64])
	})
}

func testMasks[T asm.Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{1, 2, 3, 4, 5, 8, 14, 16, 33} {
		for zeros := 0; zeros <= n; zeros += 1 + n/5 {
			for _, strange := range []bool{false, true} {
				checkMasks[T](t, rng, n, zeros, strange)
			}
		}
	}
}

func checkMasks[T asm.Float](t *testing.T, rng *rand.Rand, n, zeros int, strange bool) {
	t.Helper()
	_, nr := asm.GemmTile[T]()
	w, d2 := asmtest.Guard(n*nr, n%3, T(1234.5)), make([]T, n)
	for i := range w.Data {
		w.Data[i] = T(rng.IntN(9)-4) / 4 // many are equal
		if strange && rng.IntN(4) == 0 {
			w.Data[i] = T(special[rng.IntN(len(special))])
		}
	}
	for i := range d2 {
		d2[i] = T(1+rng.IntN(2)) / 2
	}
	score := func(l, i int) T { return w.Data[i*nr+l] * w.Data[i*nr+l] / d2[i] }
	mask := asmtest.Guard[uint32](n, 0, 77)
	for _, threshold := range []T{-1, 0, 0.25, 1, T(math.Inf(1)), T(math.NaN())} {
		asm.MaskBelow(mask.Data, w.Data, d2, n, threshold)
		mask.Check(t)
		for i, bits := range mask.Data {
			for l := range nr {
				if got, want := bits>>l&1 == 1, score(l, i) <= threshold; got != want {
					t.Fatalf("saliency %v, threshold %v: masked %v", score(l, i), threshold, got)
				}
			}
			if bits>>nr != 0 && nr < 32 {
				t.Fatalf("mask %#x has bits beyond %d rows", bits, nr)
			}
		}
	}
	scratch := asmtest.Guard(n*nr, 1, T(1234.5))
	asm.MaskLeast(mask.Data, w.Data, d2, n, zeros, scratch.Data)
	mask.Check(t)
	scratch.Check(t)
	for l := range nr {
		order := make([]int, n)
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int {
			x, y := score(l, a), score(l, b)
			switch {
			case x < y || x == x && y != y:
				return -1
			case x > y || x != x && y == y:
				return 1
			}
			return 0
		})
		for rank, i := range order {
			if got := mask.Data[i]>>l&1 == 1; got != (rank < zeros) {
				t.Fatalf("n=%d zeros=%d row %d: column %d, of rank %d, masked %v", n, zeros, l, i, rank, got)
			}
		}
	}
	lo, hi := T(0.25), T(0.5)
	row, between := w.Data[:n], asmtest.Guard(n, 1, T(1234.5))
	below, count := asm.SaliencyBetween(between.Data, row, d2, lo, hi)
	between.Check(t)
	var want []T
	for i, v := range row {
		if s := v * v / d2[i]; s < lo {
			below--
		} else if s <= hi {
			want = append(want, s)
		}
	}
	if below != 0 || !slices.Equal(between.Data[:count], want) {
		t.Fatalf("n=%d: %d too many below, %v between, want %v", n, below, between.Data[:count], want)
	}
}

// FuzzSolveMasked runs the checks of tiles and masks in every tier, for any
// shape.
func FuzzSolveMasked(f *testing.F) {
	f.Add(uint64(1), uint8(3), uint8(5), uint8(0))
	f.Add(uint64(2), uint8(13), uint8(13), uint8(1))
	f.Fuzz(func(t *testing.T, seed uint64, s, m, pad uint8) {
		fuzzSolveMasked[float32](t, seed, int(s), int(m), int(pad))
		fuzzSolveMasked[float64](t, seed, int(s), int(m), int(pad))
	})
}

func fuzzSolveMasked[T asm.Float](t *testing.T, seed uint64, s, m, pad int) {
	for _, tier := range asm.Tiers() {
		old := asm.SetTier(tier)
		rng := rand.New(rand.NewPCG(seed, 0))
		mr, _ := asm.GemmTile[T]()
		columns := 1 + m%mr
		checkSolveMasked[T](t, rng, 1+s%columns, columns, pad%9)
		checkMasks[T](t, rng, 1+m%40, s%(2+m%40), pad%2 == 1)
		asm.SetTier(old)
	}
}

func BenchmarkSolveMasked(b *testing.B) {
	for _, tier := range asm.Tiers() {
		b.Run(fmt.Sprint(tier), func(b *testing.B) {
			defer asm.SetTier(asm.SetTier(tier))
			mr, nr := asm.GemmTile[float32]()
			w, errs, r := make([]float32, mr*nr), make([]float32, mr*nr), make([]float32, mr*mr)
			mask := make([]uint32, mr)
			for i := range mr {
				r[i*mr+i], mask[i] = 1, 0x5a5a5a5a
			}
			for b.Loop() {
				asm.SolveMasked(mr, mr, w, errs, r, mr, mask)
			}
			b.ReportMetric(float64(mr*mr*nr)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
