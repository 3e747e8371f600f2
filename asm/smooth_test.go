package asm_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"sparsellm/asm"
	"sparsellm/asm/asmtest"
)

// smooth are the smooth activations, and their definitions.
var smooth = []struct {
	name string
	f    *asm.Smooth
	phi  func(x float64) float64
}{
	{"SiLU", asm.SiLU, func(x float64) float64 { return x / (1 + math.Exp(-x)) }},
	{"QuickGELU", asm.QuickGELU, func(x float64) float64 { return x / (1 + math.Exp(-1.702*x)) }},
	{"GELUTanh", asm.GELUTanh, func(x float64) float64 { // as it is written, but for x < 0, where 1 + tanh cancels
		u := math.Sqrt(2/math.Pi) * (x + 0.044715*x*x*x)
		if x < 0 {
			return x * math.Exp(u) / (2 * math.Cosh(u))
		}
		return 0.5 * x * (1 + math.Tanh(u))
	}},
	{"GELU", asm.GELU, func(x float64) float64 { return 0.5 * x * math.Erfc(-x/math.Sqrt2) }},
}

// TestActivate compares with the definitions at every 16001st float32.
func TestActivate(t *testing.T) {
	asmtest.EachTier(t, func(t *testing.T) {
		for _, c := range smooth {
			const stride, group = 16001, 1024
			var x, y [group]float32
			worst, at, n := 0.0, float32(0), 0
			check := func() {
				asm.Activate(c.f, y[:n], x[:n], nil)
				double := make([]float64, n)
				for i, v := range x[:n] {
					double[i] = float64(v)
				}
				asm.Activate(c.f, double, double, nil)
				for i, got := range y[:n] {
					want := c.phi(float64(x[i]))
					if math.Abs(double[i]-want) > 1e-13*math.Abs(want) && math.Abs(want) > 1e-40 {
						t.Fatalf("%s(%v) is %v in float64, want %v", c.name, x[i], double[i], want)
					}
					if d := ulps(got, want); !(d <= worst) && (math.Abs(want) > 3e-37 || math.Abs(float64(got)-want) > 3e-37) {
						worst, at = d, x[i]
					}
				}
				n = 0
			}
			for b := uint64(0); b < 1<<32; b += stride {
				if v := math.Float32frombits(uint32(b)); v-v == 0 {
					if x[n], n = v, n+1; n == group {
						check()
					}
				}
			}
			check()
			if !(worst <= 7) {
				t.Errorf("%s(%v) is off by %v ulp", c.name, at, worst)
			}
			t.Logf("%s: worst error %.3f ulp, at %v", c.name, worst, at)
			nan := []float32{float32(math.NaN())}
			asm.Activate(c.f, nan, nan, nil)
			if nan[0] == nan[0] {
				t.Errorf("%s of NaN is %v", c.name, nan[0])
			}
		}
	})
}

// TestStepSmooth: no cost rises, and few are far from the least that a search of
// a fine grid, refined, finds. All tiers agree with one (TestVectorsAgree).
func TestStepSmooth(t *testing.T) {
	for _, c := range smooth {
		for _, weighed := range []bool{false, true} {
			for _, penalties := range [][2]float64{{0.1, 1}, {1, 1}, {5, 0.5}} {
				single := checkStepSmooth[float32](t, c.name, c.f, c.phi, weighed, penalties[0], penalties[1])
				double := checkStepSmooth[float64](t, c.name, c.f, c.phi, weighed, penalties[0], penalties[1])
				t.Logf("%s, w %v, alpha %v, gamma %v: %.2f%% of float32 and %.2f%% of float64 cost more than 1.001 of the least",
					c.name, weighed, penalties[0], penalties[1], 100*single, 100*double)
				if !(single < 0.02 && double < 0.02) {
					t.Errorf("%s, w %v: too many costs are not the least", c.name, weighed)
				}
			}
		}
	}
}

// TestStepSmoothNeverRaises: nor does it for entries of any size.
func TestStepSmoothNeverRaises(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	wild := func(n int) []float64 {
		x := make([]float64, n)
		for i := range x {
			x[i] = rng.NormFloat64() * math.Pow(10, 4*rng.Float64()-2)
		}
		return x
	}
	for _, c := range smooth {
		for range 5 {
			const n = 4000
			x, p, m, w := wild(n), wild(n), wild(n), wild(n)
			alpha, gamma := math.Abs(wild(1)[0]), math.Abs(wild(1)[0])
			old := append([]float64(nil), x...)
			asm.StepSmooth(c.f, x, p, m, w, alpha, gamma)
			for i := range x {
				cost := func(t float64) float64 {
					d, r := t-m[i], p[i]-w[i]*c.phi(t)
					return alpha*d*d + gamma*r*r
				}
				before, after := cost(old[i]), cost(x[i])
				rounding := 1e-14 * (before + math.Sqrt(gamma*before)*math.Sqrt(gamma)*math.Abs(p[i]))
				if !(after <= before+rounding) {
					t.Fatalf("%s, entry %d: the cost rose from %v to %v", c.name, i, before, after)
				}
			}
		}
	}
}

// checkStepSmooth returns the share of steps that end at more than 1.001 of the
// least cost.
func checkStepSmooth[T float32 | float64](t *testing.T, name string, f *asm.Smooth, phi func(float64) float64, weighed bool, alpha, gamma float64) float64 {
	t.Helper()
	const n = 200
	rng := rand.New(rand.NewPCG(7, 8))
	x, p, m, w := make([]T, n), make([]T, n), make([]T, n), []T(nil)
	if weighed {
		w = make([]T, n)
	}
	weight := func(i int) float64 {
		if weighed {
			return float64(w[i])
		}
		return 1
	}
	for i := range x {
		if weighed {
			w[i] = T(rng.NormFloat64() * []float64{0.3, 1, 3, 12}[rng.IntN(4)])
		}
		m[i] = T(rng.NormFloat64() * []float64{0.5, 1.5, 3}[rng.IntN(3)])
		x[i] = m[i] + T(rng.NormFloat64()/2)
		p[i] = T(weight(i)*phi(float64(x[i])) + rng.NormFloat64()*[]float64{0.1, 0.5, 2}[rng.IntN(3)])
	}
	old := append([]T(nil), x...)
	asm.StepSmooth(f, x, p, m, w, T(alpha), T(gamma))
	var eps float64 = 0x1p-52
	if _, ok := any(x[0]).(float32); ok {
		eps = 0x1p-23
	}
	far := 0
	for i := range x {
		cost := func(t float64) float64 {
			d, r := t-float64(m[i]), float64(p[i])-weight(i)*phi(t)
			return alpha*d*d + gamma*r*r
		}
		before, after, least := cost(float64(old[i])), cost(float64(x[i])), leastOf(cost)
		// What rounding p − wφ and φ, by 7 ulp, does to the cost.
		reach := math.Abs(float64(p[i])) + 8*math.Abs(weight(i)*phi(float64(x[i])))
		rounding := 8 * eps * (before + gamma*reach*math.Sqrt(before/gamma))
		if !(after <= before+rounding) {
			t.Fatalf("%s, entry %d: the cost rose from %v to %v", name, i, before, after)
		}
		if after > 1.001*least+rounding {
			far++
		}
	}
	return float64(far) / n
}

// leastOf searches a grid, and around each of its minima by golden sections.
func leastOf(cost func(t float64) float64) float64 {
	const from, to, h = -12, 12, 0.03
	least := math.Inf(1)
	for a, b, c := from-h, 0.0, 0.0; a < to; a += h {
		if b, c = a+h, a+2*h; cost(a) < cost(b) || cost(c) < cost(b) {
			continue
		}
		const golden = 0.381966
		for lo, hi := a, c; ; {
			u, v := lo+golden*(hi-lo), hi-golden*(hi-lo)
			if hi-lo < 1e-7 {
				least = min(least, cost(u))
				break
			}
			if cost(u) < cost(v) {
				hi = v
			} else {
				lo = u
			}
		}
	}
	return least
}
