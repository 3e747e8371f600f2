package prune

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"sparsellm/linalg"
)

// traced runs an alternation and returns what its tracer was told.
func traced(t *testing.T, alternate func(context.Context, *linalg.Pool, Problem[float64]) (*Outcome[float64], error), p Problem[float64]) (*Outcome[float64], []Change) {
	t.Helper()
	var all []Change
	p.Trace = func(c Change) { all = append(all, c) }
	out, err := alternate(context.Background(), linalg.NewPool(2), p)
	if err != nil {
		t.Fatal(err)
	}
	return out, all
}

// TestTrace: no step raises what it minimises, steps follow one another
// without a gap, and looking on changes nothing.
func TestTrace(t *testing.T) {
	for _, gated := range []bool{false, true} {
		rng := rand.New(rand.NewPCG(51, 52))
		n, x := network(rng, gated)
		for name, alternate := range map[string]func(context.Context, *linalg.Pool, Problem[float64]) (*Outcome[float64], error){
			"paper": SparseLLM[float64], "released": Released[float64],
		} {
			t.Run(fmt.Sprintf("%s gated=%v", name, gated), func(t *testing.T) {
				p := problem(n, x, spec(0.6, Pattern{}))
				p.Penalties = Penalties{Alpha: 0.7, Beta: 1.3, Gamma: 2.1}
				out, all := traced(t, alternate, p)
				steps := map[string]int{}
				var previous Change
				for _, c := range all {
					steps[c.Step]++
					// A total is a sum of squares that come from differences of
					// terms as large as those of z and Y: some 10⁵ of them here.
					rounding := 1e5 * 0x1p-52 * (c.Before.Total() + c.After.Total() + c.Energy)
					if c.Lowers && c.After.Total() > c.Before.Total()+rounding {
						t.Errorf("epoch %d: %s takes its objective from %v to %v", c.Epoch, c.Step, c.Before.Total(), c.After.Total())
					}
					if c.Step == "z" || c.Step == "s" {
						if c.Before != previous.After {
							t.Errorf("epoch %d: %s starts from %v, but %s has left %v", c.Epoch, c.Step, c.Before, previous.Step, previous.After)
						}
					}
					if c.Step == "up.updated" && math.Abs(c.Before.Fit-previous.After.Fit) > 1e-9*c.Before.Fit && !gated {
						t.Errorf("epoch %d: up is fitted from %v, but the auxiliaries are %v away", c.Epoch, c.Before.Fit, previous.After.Fit)
					}
					previous = c
				}
				want := []string{"p", "z", "up.pruned", "up.updated", "down.pruned", "down.updated"}
				if gated {
					want = append(want, "s", "gate.pruned", "gate.updated")
				}
				if name == "paper" {
					want = append(want, "down.refitted")
					if e := previous.After.Output / p.Penalties.Beta / previous.Energy; math.Abs(e-out.Final) > 1e-9 {
						t.Errorf("the last step leaves %v, the outcome has %v", e, out.Final)
					}
				}
				for _, s := range want {
					if steps[s] == 0 {
						t.Errorf("no step %s among %v", s, steps)
					}
				}
				if len(steps) != len(want) {
					t.Errorf("steps %v, want %v", steps, want)
				}
				if e := outputError(n, p.Net, x); math.Abs(e-out.Final) > 1e-9 {
					t.Errorf("the network's error is %v, the outcome says %v", e, out.Final)
				}
				alone := problem(n, x, spec(0.6, Pattern{}))
				alone.Penalties = p.Penalties
				if _, err := alternate(context.Background(), nil, alone); err != nil {
					t.Fatal(err)
				}
				for i, v := range alone.Net.Down.Data {
					if v != p.Net.Down.Data[i] {
						t.Fatalf("weight %d is %v when traced, %v when not", i, p.Net.Down.Data[i], v)
					}
				}
			})
		}
	}
}
