package linalg

import (
	"math"
	"math/rand/v2"
	"testing"

	"sparsellm/asm/asmtest"
)

func TestVectors(t *testing.T) {
	asmtest.EachTier(t, func(t *testing.T) {
		t.Run("float32", testVectors[float32])
		t.Run("float64", testVectors[float64])
	})
}

// testVectors compares with the definitions in float64.
func testVectors[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	eps := unitRoundoff[T]()
	for _, n := range []int{1, 2, 15, 16, 17, 100, 511, 512, 513, 2048} {
		vector := func(spread float64) []T {
			x := make([]T, n)
			for i := range x {
				x[i] = T(spread * rng.NormFloat64())
			}
			return x
		}
		x := vector(20)
		top, sum := math.Inf(-1), 0.0
		for _, v := range x {
			top = max(top, float64(v))
		}
		for _, v := range x {
			sum += math.Exp(float64(v) - top)
		}
		// A sum of float32 has n/16+4 roundings, each exponential 2 more.
		if got, want := LogSumExp(x), top+math.Log(sum); !(math.Abs(got-want) <= (float64(n)/16+8)*eps+1e-15*math.Abs(want)) {
			t.Errorf("LogSumExp of %d is %v, want %v", n, got, want)
		}
		p := append([]T(nil), x...)
		Softmax(p)
		for i, v := range p {
			want := math.Exp(float64(x[i])-top) / sum
			// The difference x − max x is rounded before; subnormal results twice.
			bound := (float64(n) + 10 + math.Abs(float64(x[i])-top)) * eps * want
			if !(math.Abs(float64(v)-want) <= bound+3e-45) {
				t.Fatalf("Softmax of %d: element %d is %v, want %v", n, i, v, want)
			}
		}
	}
	for _, x := range [][]T{{T(math.NaN()), 1, 2}, {T(math.Inf(1)), 1}, {1, 2, T(math.NaN())}} {
		Softmax(x)
		for _, v := range x {
			if v == v {
				t.Errorf("Softmax of what is not finite is %v", x)
			}
		}
	}
}

func TestArgMax(t *testing.T) {
	asmtest.EachTier(t, func(t *testing.T) {
		t.Run("float32", testArgMax[float32])
		t.Run("float64", testArgMax[float64])
	})
}

// testArgMax compares with one look at each element, of numbers many of which are
// the same.
func testArgMax[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	odd := []float64{math.NaN(), math.Inf(-1), math.Inf(1), math.Copysign(0, -1)}
	for range 500 {
		x := make([]T, 1+rng.IntN(1+rng.IntN(20000)))
		some := 1 + rng.IntN(len(x))
		for i := range x {
			x[i] = T(rng.IntN(some) - some/2)
			if rng.IntN(len(x)) < 3 {
				x[i] = T(odd[rng.IntN(len(odd))])
			}
		}
		want := -1
		for i, v := range x {
			if v == v && (want < 0 || v > x[want]) {
				want = i
			}
		}
		if got := ArgMax(x); got != max(want, 0) {
			t.Fatalf("%d of %d, not %d", got, len(x), max(want, 0))
		}
	}
}
