package linalg

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"sparsellm/asm/asmtest"
)

func TestSaliencyThreshold(t *testing.T) {
	asmtest.EachTier(t, func(t *testing.T) {
		t.Run("float32", testSaliencyThreshold[float32])
		t.Run("float64", testSaliencyThreshold[float64])
	})
}

// testSaliencyThreshold compares with sorting, for weights that are ordinary,
// all alike, in ascending order, with few values, or not finite.
func testSaliencyThreshold[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	values := map[string]func(i int) T{
		"normal":    func(int) T { return T(rng.NormFloat64()) },
		"equal":     func(int) T { return 0.5 },
		"ascending": func(i int) T { return T(i) },
		"few":       func(int) T { return T(rng.IntN(3)) },
		"columns":   func(i int) T { return T(i % 33) },
		"strange":   func(i int) T { return T([]float64{1, math.NaN(), math.Inf(1), 0, math.Inf(-1)}[rng.IntN(5)]) },
		"nan":       func(int) T { return T(math.NaN()) },
	}
	for name, value := range values {
		for _, shape := range [][2]int{{1, 1}, {3, 5}, {70, 33}, {500, 40}} {
			rows, b := shape[0], shape[1]
			w, r := random[T](rng, rows, b+3).Slice(0, rows, 1, b+1), maskedFactor[T](rng, b)
			var all []T
			for i := range rows {
				for j := range b {
					w.Set(i, j, value(i*b+j))
					all = append(all, w.At(i, j)*w.At(i, j)/(r.At(j, j)*r.At(j, j)))
				}
			}
			slices.SortFunc(all, func(x, y T) int { // NaN last
				switch {
				case x < y || x == x && y != y:
					return -1
				case x > y || x != x && y == y:
					return 1
				}
				return 0
			})
			n := rows * b
			for _, k := range []int{0, n / 100, n / 3, n / 2, n * 9 / 10, n - 1} {
				for _, threads := range []int{1, 3} {
					got, atMost := SaliencyThreshold(NewPool(threads), w, r, k)
					want := 0
					for _, v := range all {
						if v <= got {
							want++
						}
					}
					if atMost != want {
						t.Fatalf("%s %dx%d: %d saliencies are at most %v, want %d", name, rows, b, atMost, got, want)
					}
					if got != all[k] && !(got != got && all[k] != all[k]) {
						t.Fatalf("%s %dx%d: index %d is %v, want %v", name, rows, b, k, got, all[k])
					}
				}
			}
		}
	}
}

func BenchmarkSaliencyThreshold(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	w, r := random[float32](rng, 1536, 128), maskedFactor[float32](rng, 128)
	b.ReportAllocs()
	p := pool()
	for b.Loop() {
		SaliencyThreshold(p, w, r, 1536*128/2)
	}
}

// TestNth against a sort, with many values that are equal too.
func TestNth(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	for n := 1; n < 300; n++ {
		for _, kinds := range []int{1, 2, 5, 1 << 20} {
			x := make([]float32, n)
			for i := range x {
				x[i] = float32(rng.IntN(kinds))
			}
			sorted := slices.Clone(x)
			slices.Sort(sorted)
			k := rng.IntN(n)
			if got := Nth(slices.Clone(x), k); got != sorted[k] {
				t.Fatalf("%v of %v is %v, want %v", k, x, got, sorted[k])
			}
		}
	}
}

// TestZeroSmallest against a stable sort, with many scores that are equal.
func TestZeroSmallest(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		n := 1 + rng.IntN(60)
		w, scores, order := make([]float32, n), make([]float32, n), make([]int, n)
		for i := range w {
			w[i], scores[i], order[i] = float32(i+1), float32(rng.IntN(8)), i
		}
		k := rng.IntN(n + 1)
		want := slices.Clone(w)
		slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(scores[i], scores[j]) })
		for _, i := range order[:k] {
			want[i] = 0
		}
		before := slices.Clone(scores)
		if ZeroSmallest(w, scores, make([]float32, n), k); !slices.Equal(w, want) {
			t.Fatalf("%d least of %v: %v, want %v", k, scores, w, want)
		}
		if !slices.Equal(scores, before) {
			t.Fatal("the scores have changed")
		}
	}
}
