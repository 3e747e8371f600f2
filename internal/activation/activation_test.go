package activation

import (
	"math"
	"testing"
)

// TestRow holds what rows compute to the activation of single numbers.
func TestRow(t *testing.T) {
	var z, s []float64
	for x := -30.0; x <= 30; x += 0.37 {
		z, s = append(z, x), append(s, 5-x)
	}
	for name, f := range functions {
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
				want := f.Value(z[i])
				if gated {
					want = f.Value(s[i]) * z[i]
				}
				one := []float32{0}
				single(one, []float32{float32(z[i])}, []float32{float32(s[i])})
				if math.Abs(got[i]-want) > 1e-15*(1+math.Abs(want)) || math.Abs(float64(one[0])-want) > 1e-5*(1+math.Abs(want)) {
					t.Errorf("%s, gated %v, z = %g, s = %g: %g in float64, %g in float32, want %g", name, gated, z[i], s[i], got[i], one[0], want)
				}
			}
		}
	}
	for _, name := range []string{"", "swish"} {
		if _, err := Row[float32](name, true); err == nil {
			t.Errorf("%q is taken for an activation", name)
		}
	}
}

// TestSlope holds slopes to finite differences.
func TestSlope(t *testing.T) {
	const h = 1e-5
	for name, f := range functions {
		for x := -8.05; x < 8; x += 0.1 { // not at 0, where ReLU has none
			want := (f.Value(x+h) - f.Value(x-h)) / (2 * h)
			if math.Abs(f.Slope(x)-want) > 1e-8 {
				t.Errorf("%s has the slope %g at %g, want %g", name, f.Slope(x), x, want)
			}
		}
	}
}
