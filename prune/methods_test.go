package prune

import (
	"math/rand/v2"
	"slices"
	"testing"

	"sparsellm/linalg"
)

// TestMethods holds what each method says of itself to what it does.
func TestMethods(t *testing.T) {
	var names []string
	for i, m := range Methods() {
		names = append(names, m.Name)
		if m.Name == "" || m.Title == "" || m.Help == "" || m.Cost == (Cost{}) {
			t.Errorf("%+v: something is missing", m)
		}
		if m.Rank != i+1 {
			t.Errorf("%s has rank %d, its place is %d", m.Name, m.Rank, i+1)
		}
		if found, err := MethodNamed(m.Name); err != nil || found != m {
			t.Errorf("%s is found as %+v, %v", m.Name, found, err)
		}
		single, double := NewMethod[float32](m.Name), NewMethod[float64](m.Name)
		if (single == nil) != m.Alternates || (double == nil) != m.Alternates {
			t.Errorf("%s: float32 %v, float64 %v", m.Name, single, double)
		}
		if m.Alternates {
			continue
		}
		says := func(bits int) (err error, factor bool) {
			rng := rand.New(rand.NewPCG(1, 2))
			w, x := linalg.NewMatrix[float64](8, 8), linalg.NewMatrix[float64](32, 8)
			for _, data := range [][]float64{w.Data, x.Data} {
				for i := range data {
					data[i] = rng.NormFloat64()
				}
			}
			h := inputHessian(nil, x, 1)
			err = double.Prune(nil, w, h, Spec{Sparsity: 0.5, BlockSize: 4, Damping: 0.01, Bits: bits})
			return err, h.factor != nil
		}
		err, factor := says(16)
		if err != nil || factor != m.Factor {
			t.Errorf("%s: %v; it takes a factor: %v", m.Name, err, factor)
		}
		if err, _ := says(4); (err == nil) != m.Quantises || (m.CheckBits(4) == nil) != m.Quantises {
			t.Errorf("%s quantises: %v, %v", m.Name, err, m.CheckBits(4))
		}
	}
	if slices.Sort(names); len(slices.Compact(names)) != len(Methods()) {
		t.Errorf("a name twice: %v", names)
	}
	if Locals()[0] != DefaultLocal || NewLocal[float32](DefaultLocal) != nil || NewLocal[float32](Locals()[1]) == nil {
		t.Errorf("local methods are %v", Locals())
	}
	for _, name := range []string{"", "obs", "sweep"} {
		if _, err := MethodNamed(name); err == nil {
			t.Errorf("there is a method %q", name)
		}
		if NewMethod[float32](name) != nil {
			t.Errorf("a method of the name %q is made", name)
		}
	}
	if _, err := LocalNamed("wanda"); err == nil {
		t.Error("wanda is a local method")
	}
}
