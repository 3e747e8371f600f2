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

		m, z, s := vector(1), vector(1), vector(2)
		const alpha, gamma, rate = 0.75, 1.5, 0.125
		silu := func(x float64) float64 { return x / (1 + math.Exp(-x)) }
		slope := func(x float64) float64 { c := 1 / (1 + math.Exp(-x)); return c * (1 + x*(1-c)) }
		check := func(name string, f func(x []T), want func(i int, x float64) float64) {
			t.Helper()
			y := vector(1)
			before := append([]T(nil), y...)
			f(y)
			for i, v := range y {
				w := want(i, float64(before[i]))
				if !(math.Abs(float64(v)-w) <= 100*eps*(1+math.Abs(w))) {
					t.Fatalf("%s of %d: element %d is %v, want %v", name, n, i, v, w)
				}
			}
		}
		at := func(x []T, i int) float64 { return float64(x[i]) }
		check("SwiGLU", func(x []T) { SwiGLU(x, s, x) }, func(i int, x float64) float64 { return silu(at(s, i)) * x })
		check("StepSwiGLU", func(x []T) { StepSwiGLU(x, x, m, s, alpha, gamma) }, func(i int, p float64) float64 {
			g := silu(at(s, i))
			return (alpha*at(m, i) + gamma*g*p) / (alpha + gamma*g*g)
		})
		check("DescendGate", func(x []T) { DescendGate(x, s, m, z, alpha, gamma, rate, 2) }, func(i int, v float64) float64 {
			for range 2 {
				e := at(s, i) - silu(v)*at(z, i)
				v -= rate * 2 * (alpha*(v-at(m, i)) - gamma*e*at(z, i)*slope(v))
			}
			return v
		})
		check("StepReLU", func(x []T) { StepReLU(x, x, m, alpha, gamma) }, func(i int, p float64) float64 {
			a, b := max((gamma*p+alpha*at(m, i))/(alpha+gamma), 0), min(at(m, i), 0)
			cost := func(z float64) float64 {
				return gamma*(p-max(z, 0))*(p-max(z, 0)) + alpha*(z-at(m, i))*(z-at(m, i))
			}
			if cost(b) < cost(a) {
				return b
			}
			return a
		})
		v := vector(1)
		old := append([]T(nil), v...)
		NewtonGate(v, s, m, z, alpha, gamma)
		for i := range v {
			cost := func(v T) float64 {
				d, e := float64(v)-at(m, i), at(s, i)-silu(float64(v))*at(z, i)
				return alpha*d*d + gamma*e*e
			}
			if before := cost(old[i]); cost(v[i]) > before*(1+20*eps) {
				t.Fatalf("NewtonGate of %d: the cost of element %d rose from %v to %v", n, i, before, cost(v[i]))
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
