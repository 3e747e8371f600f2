package asm_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"sparsellm/asm"
	"sparsellm/asm/asmtest"
)

func TestGates(t *testing.T) {
	asmtest.EachTier(t, func(t *testing.T) {
		t.Run("float32", func(t *testing.T) { testGates[float32](t, 0x1p-24) })
		t.Run("float64", func(t *testing.T) { testGates[float64](t, 0x1p-53) })
	})
}

// testGates compares with the definitions in float64; eps is the unit roundoff.
func testGates[T asm.Float](t *testing.T, eps float64) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 15, 16, 17, 100, 511, 512, 513, 2048} {
		vector := func(spread float64) []T {
			x := make([]T, n)
			for i := range x {
				x[i] = T(spread * rng.NormFloat64())
			}
			return x
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
		check("SwiGLU", func(x []T) { asm.SwiGLU(x, s, x) }, func(i int, x float64) float64 { return silu(at(s, i)) * x })
		check("StepSwiGLU", func(x []T) { asm.StepSwiGLU(x, x, m, s, alpha, gamma) }, func(i int, p float64) float64 {
			g := silu(at(s, i))
			return (alpha*at(m, i) + gamma*g*p) / (alpha + gamma*g*g)
		})
		check("DescendGate", func(x []T) { asm.DescendGate(x, s, m, z, alpha, gamma, rate, 2) }, func(i int, v float64) float64 {
			for range 2 {
				e := at(s, i) - silu(v)*at(z, i)
				v -= rate * 2 * (alpha*(v-at(m, i)) - gamma*e*at(z, i)*slope(v))
			}
			return v
		})
		check("StepReLU", func(x []T) { asm.StepReLU(x, x, m, alpha, gamma) }, func(i int, p float64) float64 {
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
		asm.NewtonGate(v, s, m, z, alpha, gamma)
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
}
