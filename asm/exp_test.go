package asm_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"sparsellm/asm"
	"sparsellm/asm/asmtest"
)

// ulps returns the distance of got from want in units of the last place of
// want as a float32.
func ulps(got float32, want float64) float64 {
	if float64(got) == want || math.IsInf(float64(got), 1) && want > math.MaxFloat32 {
		return 0
	}
	_, e := math.Frexp(want)
	return math.Abs(float64(got)-want) / math.Ldexp(1, max(e-24, -149))
}

// TestExp compares the exponential with float64 for every 4001st float32.
func TestExp(t *testing.T) {
	asmtest.EachTier(t, func(t *testing.T) {
		const stride, group = 4001, 1024
		var x, y [group]float32
		worst, at, n := 0.0, float32(0), 0
		check := func() {
			asm.ExpSum(y[:n], x[:n], 0)
			for i, got := range y[:n] {
				want := math.Exp(float64(x[i]))
				if d := ulps(got, want); !(d <= worst) {
					worst, at = d, x[i]
				}
			}
			n = 0
		}
		for b := uint64(0); b < 1<<32; b += stride {
			f := math.Float32frombits(uint32(b))
			if f != f {
				continue
			}
			x[n] = f
			if n++; n == group {
				check()
			}
		}
		check()
		if !(worst <= 1) {
			t.Errorf("exp(%v) is off by %v ulp", at, worst)
		}
		t.Logf("worst error %.4f ulp, at %v", worst, at)
		inf := float32(math.Inf(1))
		for i, v := range []float32{float32(math.NaN()), inf, -inf, 0, 88.722831, 88.722839, -103.97, -104} {
			x[i] = v
		}
		asm.ExpSum(y[:16], x[:16], 0)
		if y[0] == y[0] || y[1] != inf || y[2] != 0 || y[3] != 1 || y[4] == inf || y[5] != inf || y[6] != math.SmallestNonzeroFloat32 || y[7] != 0 {
			t.Errorf("exp of special values is %v", y[:8])
		}
	})
}

// sameAsGeneric runs f, which writes and returns slices, in every tier, and
// compares what it returns with the generic tier's, bit for bit.
func sameAsGeneric(t *testing.T, name string, f func() []float32) {
	t.Helper()
	old := asm.SetTier(asm.Generic)
	defer asm.SetTier(old)
	want := f()
	for _, tier := range asm.Tiers() {
		asm.SetTier(tier)
		for i, got := range f() {
			if math.Float32bits(got) != math.Float32bits(want[i]) && !(got != got && want[i] != want[i]) {
				t.Fatalf("%s: %v: element %d is %v, want %v", name, tier, i, got, want[i])
			}
		}
	}
}

// special are values at which a float32 kernel may go wrong.
var special = []float32{0, float32(math.Copysign(0, -1)), 1, -1, 1e-45, -1e-38, 17, -17, 88.7, -88.7, 89, -104,
	1e30, -1e30, math.MaxFloat32, float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN())}

// operand returns n values, most of them ordinary.
func operand(rng *rand.Rand, n, offset int, strange bool) []float32 {
	x := asmtest.Guard[float32](n, offset, 1234.5).Data
	for i := range x {
		x[i] = float32(rng.NormFloat64() * 3)
		if strange && rng.IntN(8) == 0 {
			x[i] = special[rng.IntN(len(special))]
		}
	}
	return x
}

// lengths are around whole groups of lanes.
var lengths = []int{0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 64, 100, 257}

func TestVectorsAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range lengths {
		for offset := range 6 {
			checkVectors(t, rng, n, offset, offset%2 == 1, float32(1+rng.IntN(3)), float32(0.5+rng.Float64()))
		}
	}
}

// checkVectors compares all tiers of all routines for n elements.
func checkVectors(t *testing.T, rng *rand.Rand, n, offset int, strange bool, alpha, gamma float32) {
	t.Helper()
	a, b, c, d := operand(rng, n, offset, strange), operand(rng, n, 1, strange), operand(rng, n, 2, strange), operand(rng, n, 3, strange)
	for _, k := range []struct {
		name string
		f    func(x []float32) float32
	}{
		{"Max", func(x []float32) float32 { return asm.Max(x) }},
		{"ExpSum", func(x []float32) float32 { return asm.ExpSum(x, x, 2) }},
		{"Scale", func(x []float32) float32 { asm.Scale(alpha, x); return 0 }},
		{"SwiGLU", func(x []float32) float32 { asm.SwiGLU(x, x, b); return 0 }},
		{"SwiGLU into up", func(x []float32) float32 { asm.SwiGLU(x, b, x); return 0 }},
		{"StepReLU", func(x []float32) float32 { asm.StepReLU(x, b, c, alpha, gamma); return 0 }},
		{"StepSwiGLU", func(x []float32) float32 { asm.StepSwiGLU(x, b, c, d, alpha, gamma); return 0 }},
		{"StepSwiGLU into s", func(x []float32) float32 { asm.StepSwiGLU(x, b, c, x, alpha, gamma); return 0 }},
		{"DescendGate", func(x []float32) float32 { asm.DescendGate(x, b, c, d, alpha, gamma, 0.01, 2); return 0 }},
		{"NewtonGate", func(x []float32) float32 { asm.NewtonGate(x, b, c, d, alpha, gamma); return 0 }},
		{"Activate SiLU", func(x []float32) float32 { asm.Activate(asm.SiLU, x, b, x); return 0 }},
		{"Activate GELUTanh", func(x []float32) float32 { asm.Activate(asm.GELUTanh, x, x, nil); return 0 }},
		{"Activate GELU", func(x []float32) float32 { asm.Activate(asm.GELU, x, x, b); return 0 }},
		{"StepSmooth QuickGELU", func(x []float32) float32 { asm.StepSmooth(asm.QuickGELU, x, b, c, nil, alpha, gamma); return 0 }},
		{"StepSmooth GELUTanh", func(x []float32) float32 { asm.StepSmooth(asm.GELUTanh, x, b, c, d, alpha, gamma); return 0 }},
		{"StepSmooth GELU", func(x []float32) float32 { asm.StepSmooth(asm.GELU, x, b, c, d, alpha, gamma); return 0 }},
	} {
		sameAsGeneric(t, fmt.Sprintf("%s, n=%d", k.name, n), func() []float32 {
			x := asmtest.Guard[float32](n, offset, 1234.5)
			copy(x.Data, a)
			value := k.f(x.Data)
			x.Check(t)
			return append(append([]float32(nil), x.Data...), value)
		})
	}
}

// FuzzVectors holds every tier to the loop in Go, bit for bit.
func FuzzVectors(f *testing.F) {
	f.Add(uint64(1), uint16(33), float32(1), float32(2), true)
	f.Add(uint64(2), uint16(16), float32(0), float32(1e30), false)
	f.Add(uint64(0), uint16(33), float32(1), float32(-60), false)
	f.Fuzz(func(t *testing.T, seed uint64, n uint16, alpha, gamma float32, strange bool) {
		rng := rand.New(rand.NewPCG(seed, 0))
		checkVectors(t, rng, int(n%1024), int(seed%16), strange, alpha, gamma)
	})
}

func TestSwiGLU(t *testing.T) {
	asmtest.EachTier(t, func(t *testing.T) {
		const n = 1 << 16
		gate, one, dst := make([]float32, n), make([]float32, n), make([]float32, n)
		for i := range gate {
			gate[i] = -87 + 174*float32(i)/n
			one[i] = 1
		}
		asm.SwiGLU(dst, gate, one)
		worst := 0.0
		for i, g := range gate {
			want := float64(g) / (1 + math.Exp(-float64(g)))
			worst = max(worst, ulps(dst[i], want))
		}
		if !(worst <= 3) {
			t.Errorf("silu is off by %v ulp", worst)
		}
		t.Logf("worst error %.3f ulp", worst)
	})
}

// TestStepReLU compares with a search over a grid.
func TestStepReLU(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const n, alpha, gamma = 64, 0.7, 1.9
	p, m, z := operand(rng, n, 0, false), operand(rng, n, 0, false), make([]float32, n)
	asm.StepReLU(z, p, m, alpha, gamma)
	for i := range z {
		cost := func(z float64) float64 {
			d, e := float64(p[i])-max(z, 0), z-float64(m[i])
			return gamma*d*d + alpha*e*e
		}
		least := math.Inf(1)
		for v := -15.0; v <= 15; v += 1e-3 {
			least = min(least, cost(v))
		}
		if got := cost(float64(z[i])); got > least+1e-5*(1+least) {
			t.Errorf("p=%v m=%v: z=%v costs %v, the least is %v", p[i], m[i], z[i], got, least)
		}
	}
}

// TestNewtonGate: the cost never rises, and falls for most.
func TestNewtonGate(t *testing.T) {
	asmtest.EachTier(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(5, 6))
		const n, alpha, gamma = 4096, 0.7, 1.9
		p, m, z := operand(rng, n, 0, false), operand(rng, n, 0, false), operand(rng, n, 0, false)
		s := append([]float32(nil), m...)
		asm.NewtonGate(s, p, m, z, alpha, gamma)
		fell := 0
		for i := range s {
			cost := func(s float64) float64 {
				d, e := s-float64(m[i]), float64(p[i])-s/(1+math.Exp(-s))*float64(z[i])
				return alpha*d*d + gamma*e*e
			}
			before, after := cost(float64(m[i])), cost(float64(s[i]))
			if after > before*(1+1e-5) {
				t.Fatalf("entry %d: cost rose from %v to %v", i, before, after)
			}
			if after < before {
				fell++
			}
		}
		if fell < n*95/100 {
			t.Errorf("the cost of only %d entries of %d fell", fell, n)
		}
	})
}

func BenchmarkVectors(b *testing.B) {
	const n = 1536
	rng := rand.New(rand.NewPCG(1, 2))
	x, p, m, z, s := make([]float32, n), operand(rng, n, 0, false), operand(rng, n, 0, false), operand(rng, n, 0, false), operand(rng, n, 0, false)
	for _, k := range []struct {
		name string
		f    func()
	}{
		{"Max", func() { asm.Max(p) }},
		{"ExpSum", func() { asm.ExpSum(x, p, 5) }},
		{"SwiGLU", func() { asm.SwiGLU(x, p, z) }},
		{"StepReLU", func() { asm.StepReLU(x, p, m, 1, 2) }},
		{"StepSwiGLU", func() { asm.StepSwiGLU(x, p, m, s, 1, 2) }},
		{"DescendGate", func() { copy(x, s); asm.DescendGate(x, p, m, z, 1, 2, 0.01, 2) }},
		{"NewtonGate", func() { copy(x, s); asm.NewtonGate(x, p, m, z, 1, 2) }},
		{"ActivateGELU", func() { asm.Activate(asm.GELU, x, p, nil) }},
		{"ActivateGELUTanh", func() { asm.Activate(asm.GELUTanh, x, p, nil) }},
		{"StepGELU", func() { copy(x, s); asm.StepSmooth(asm.GELU, x, p, m, nil, 1, 2) }},
		{"StepGELUTanh", func() { copy(x, s); asm.StepSmooth(asm.GELUTanh, x, p, m, z, 1, 2) }},
	} {
		for _, tier := range asm.Tiers() {
			b.Run(k.name+"/"+tier.String(), func(b *testing.B) {
				defer asm.SetTier(asm.SetTier(tier))
				for b.Loop() {
					k.f()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/element")
			})
		}
	}
}
