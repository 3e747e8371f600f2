package activation

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
)

// definitions are the activations as transformers writes them, where that does
// not cancel.
func definitions() map[string]func(x float64) float64 {
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	silu := func(x float64) float64 { return x * sigmoid(x) }
	gelu := func(x float64) float64 { return x * math.Erfc(-x/math.Sqrt2) / 2 }
	tanh := func(x float64) float64 {
		return x * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*math.Pow(x, 3)))) / 2
	}
	return map[string]func(x float64) float64{
		"relu":       func(x float64) float64 { return max(x, 0) },
		"relu2":      func(x float64) float64 { return math.Pow(max(x, 0), 2) },
		"silu":       silu,
		"swish":      silu,
		"quick_gelu": func(x float64) float64 { return x * sigmoid(1.702*x) },
		"gelu":       gelu, "gelu_python": gelu,
		"gelu_new": tanh, "gelu_fast": tanh, "gelu_accurate": tanh, "gelu_pytorch_tanh": tanh, "gelu_python_tanh": tanh,
	}
}

// TestRow holds what rows compute to the activation of single numbers.
func TestRow(t *testing.T) {
	var z, s []float64
	for x := -30.0; x <= 30; x += 0.37 {
		z, s = append(z, x), append(s, 5-x)
	}
	want := definitions()
	for name := range functions {
		f := want[name]
		if f == nil {
			t.Errorf("nothing says what %s is", name)
			continue
		}
		for _, gated := range []bool{false, true} {
			double, err := Row[float64](name, gated)
			if err != nil {
				t.Fatal(err)
			}
			single, err := Row[float32](name, gated)
			if err != nil {
				t.Fatal(err)
			}
			got := make([]float64, len(z))
			double(got, z, s)
			for i := range z {
				want := f(z[i])
				if gated {
					want = f(s[i]) * z[i]
				}
				one := []float32{0}
				single(one, []float32{float32(z[i])}, []float32{float32(s[i])})
				if math.Abs(got[i]-want) > 1e-14*(1+math.Abs(want)) || math.Abs(float64(one[0])-want) > 1e-5*(1+math.Abs(want)) {
					t.Errorf("%s, gated %v, z = %g, s = %g: %g in float64, %g in float32, want %g", name, gated, z[i], s[i], got[i], one[0], want)
				}
			}
		}
	}
	for name, want := range map[string]string{"": "does not say", "mish": `"mish"`} {
		if _, err := Row[float32](name, true); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the activation %q: %v, want %s", name, err, want)
		}
	}
}

// TestNames holds each name to what transformers has by it (testdata/act2fn.py).
func TestNames(t *testing.T) {
	b, err := os.ReadFile("testdata/act2fn.json")
	var golden struct {
		X []float64
		Y map[string][]float64
	}
	if err == nil {
		err = json.Unmarshal(b, &golden)
	}
	if err != nil {
		t.Fatal(err)
	}
	for name := range functions {
		row, err := Row[float64](name, false)
		if err != nil {
			t.Fatal(err)
		}
		y := make([]float64, len(golden.X))
		row(y, golden.X, nil)
		for i, want := range golden.Y[name] {
			// Where transformers adds a tanh or an erf to 1 it cancels, and its √(2/π)
			// of gelu_fast has ten digits.
			if x := golden.X[i]; math.Abs(y[i]-want) > 1e-11*(1+math.Abs(x)) {
				t.Errorf("%s(%v) is %v, transformers has %v", name, x, y[i], want)
			}
		}
		if len(golden.Y[name]) != len(y) {
			t.Errorf("transformers has %d values of %s", len(golden.Y[name]), name)
		}
	}
}

// TestSlope holds derivatives to differences of the activations, whose error is
// of order h⁴ after Richardson's step, and of rounding over h.
func TestSlope(t *testing.T) {
	for _, name := range Names() {
		slope, err := Slope(name)
		if err != nil {
			t.Fatal(err)
		}
		row, err := Row[float64](name, false)
		if err != nil {
			t.Fatal(err)
		}
		phi := func(x float64) float64 {
			y := []float64{0}
			row(y, []float64{x}, nil)
			return y[0]
		}
		for x := -30.05; x <= 30; x += 0.37 {
			const h = 1e-3
			one, two := (phi(x+h)-phi(x-h))/(2*h), (phi(x+2*h)-phi(x-2*h))/(4*h)
			if got, want := slope(x, phi(x)), (4*one-two)/3; math.Abs(got-want) > 1e-10*(1+math.Abs(x)) {
				t.Errorf("%s'(%g) is %.12g, differences say %.12g", name, x, got, want)
			}
		}
		at0 := 0.5
		if name == "relu" || name == "relu2" {
			at0 = 0
		}
		if got := slope(0, 0); got != at0 {
			t.Errorf("%s'(0) is %g, want %g", name, got, at0)
		}
	}
	if _, err := Slope("mish"); err == nil {
		t.Error("mish has a slope")
	}
}
