package prune

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// goldenSteps are the steps of testdata/steps.py, by PyTorch in float64.
type goldenSteps struct {
	Alpha, Gamma float64
	Inner, Gated map[string]map[string][]float64
	Newton       map[string][]float64
}

// TestStepsOfPyTorch compares with exact steps by formula, with others by what brute
// force finds.
func TestStepsOfPyTorch(t *testing.T) {
	b, err := os.ReadFile("testdata/steps.json")
	var g goldenSteps
	if err == nil {
		err = json.Unmarshal(b, &g)
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range g.Inner {
		inner, _ := phiOf[float64](name, false)
		half := len(want["t"]) / 2
		z := append([]float64(nil), want["t"][:half]...)
		inner.stepZ(z, want["p"][:half], want["m"][:half], nil, g.Alpha, g.Gamma)
		got := z
		if name != "silu" { // whose gate takes the step below
			gated, _ := phiOf[float64](name, true)
			s := append([]float64(nil), want["t"][half:]...)
			gated.stepS(s, want["p"][half:], want["m"][half:], want["w"][half:], g.Alpha, g.Gamma)
			got = append(got, s...)
		}
		found := 0
		for i, x := range got {
			d, r := x-want["m"][i], want["p"][i]-want["w"][i]*plainPhi(name, x)
			cost, least := g.Alpha*d*d+g.Gamma*r*r, want["least"][i]
			if cost < least*(1-1e-9)-1e-12 {
				t.Errorf("%s, entry %d: t = %v costs %v, less than the least, %v", name, i, x, cost, least)
			}
			// A cost tells t apart to the root of its rounding.
			if math.Abs(x-want["best"][i]) < 1e-6*(1+math.Abs(x)) || cost < least*(1+1e-9)+1e-12 {
				found++
			}
		}
		t.Logf("%s: %d of %d steps end at the minimum", name, found, len(got))
		exact := name == "relu" || name == "relu2"
		if found < len(got)*95/100 || exact && found < len(got) {
			t.Errorf("%s: only %d of %d steps end at the minimum", name, found, len(got))
		}
	}
	for name, want := range g.Gated {
		f, _ := phiOf[float64](name, true)
		z := make([]float64, len(want["z"]))
		f.stepZ(z, want["p"], want["m"], want["s"], g.Alpha, g.Gamma)
		near(t, name, z, want["z"])
	}
	f, _ := phiOf[float64]("silu", true)
	s := append([]float64(nil), g.Newton["s"]...)
	f.stepS(s, g.Newton["p"], g.Newton["m"], g.Newton["z"], g.Alpha, g.Gamma)
	near(t, "SiLU's gate", s, g.Newton["end"])
}

// near holds steps to goldens, which have twelve digits.
func near(t *testing.T, what string, got, want []float64) {
	t.Helper()
	for i, v := range got {
		if math.Abs(v-want[i]) > 1e-11*(1+math.Abs(want[i])) {
			t.Errorf("%s, entry %d: %v, want %v", what, i, v, want[i])
		}
	}
}
