package prune

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"sparsellm/linalg"
)

// TestActivations expects those of the network as it is left, whichever epoch
// was kept, its first matrices rounded as they will be stored.
func TestActivations(t *testing.T) {
	for _, gated := range []bool{false, true} {
		rng := rand.New(rand.NewPCG(51, 52))
		n, _ := network(rng, gated)
		x := randomMatrix(rng, chunkTokens+100, n.Up.Cols)
		for _, epochs := range []int{1, 2, 3, 5} {
			p := problem(n, x, spec(0.6, Pattern{}))
			p.Epochs = epochs
			const unit = 1.0 / 64
			p.Round = func(name string, w linalg.Matrix[float64]) {
				if want := map[string]linalg.Matrix[float64]{"up": p.Net.Up, "gate": p.Net.Gate}[name]; &want.Data[0] != &w.Data[0] {
					t.Errorf("%s is another matrix", name)
				}
				for i, v := range w.Data {
					w.Data[i] = math.Round(v/unit) * unit
				}
			}
			out, err := SparseLLM(context.Background(), linalg.NewPool(2), p)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range p.Net.Up.Data {
				if v != math.Round(v/unit)*unit {
					t.Fatalf("gated %v, %d epochs: %v is left unrounded", gated, epochs, v)
				}
			}
			const from, to = 90, chunkTokens + 90
			got, known := out.Activations(nil, from, to)
			if !known {
				t.Fatalf("gated %v, %d epochs: activations are not known", gated, epochs)
			}
			rows, z, s := x.Slice(from, to, 0, x.Cols), linalg.NewMatrix[float64](to-from, n.Up.Rows), linalg.Matrix[float64]{}
			affine(nil, z, rows, p.Net.Up, p.Net.UpBias)
			if gated {
				s = linalg.NewMatrix[float64](to-from, n.Up.Rows)
				affine(nil, s, rows, p.Net.Gate, p.Net.GateBias)
			}
			activate(n, z, z, s)
			for i := range z.Rows {
				if !slices.Equal(got.Row(i), z.Row(i)) {
					t.Fatalf("gated %v, %d epochs, epoch %d kept: activations of token %d differ", gated, epochs, out.Kept, from+i)
				}
			}
		}
		for what, change := range map[string]func(*Problem[float64]){
			"held out": func(p *Problem[float64]) { p.Held = 100 },
			"stored elsewhere": func(p *Problem[float64]) {
				p.Storage = func(tokens, features int) (Storage[float64], error) { return nil, nil }
			},
		} {
			p := problem(n, x, spec(0.6, Pattern{}))
			change(&p)
			out, err := SparseLLM(context.Background(), nil, p)
			if err != nil {
				t.Fatal(err)
			}
			if _, known := out.Activations(nil, 0, 1); known {
				t.Errorf("gated %v: activations are known with tokens %s", gated, what)
			}
		}
	}
}
