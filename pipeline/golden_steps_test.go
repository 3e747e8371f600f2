package pipeline

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"sparsellm/arch"
	"sparsellm/checkpoint"
	"sparsellm/internal/golden"
	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/prune"
)

// steps are all quantities of a run's alternations, by the golden's names, in
// features × tokens where the golden has them so.
type steps map[string]linalg.Matrix[float64]

// observeCase runs a golden case and keeps every step of the alternation.
func observeCase[T linalg.Float](t *testing.T, dir string, g *golden.Case) (steps, []string) {
	t.Helper()
	ck, err := checkpoint.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer ck.Close()
	m, err := arch.Open[T](ck.Config(), ck)
	if err != nil {
		t.Fatal(err)
	}
	found, order := steps{}, []string{}
	var names map[string]string // of the current block's network
	_, err = Run(context.Background(), nil, m, golden.Rows(t, dir+"/calib.rows.json", g.Samples, g.SeqLen), Options[T]{
		Settings: Settings{Method: "sparsellm", Compat: true, Epochs: g.Epochs, Spec: specOf(g)},
		Sink:     nowhere[T](),
		Observe: func(block int, s prune.Step[T]) {
			if names == nil || !strings.Contains(names["up"], fmt.Sprintf(".%d.", block)) {
				names = networkNames(t, m, block)
			}
			matrix, quantity, ok := strings.Cut(s.Name, ".")
			key := fmt.Sprintf("block%d.epoch%d.%s", block, s.Epoch, s.Name)
			value := linalg.Convert[float64](nil, s.Value)
			if ok {
				if quantity != "hessian" {
					quantity = "weight_" + quantity
				}
				key = fmt.Sprintf("%s.epoch%d.%s", names[matrix], s.Epoch, quantity)
			} else {
				value = transpose(value)
			}
			found[key] = value
			order = append(order, key)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return found, order
}

func networkNames[T linalg.Float](t *testing.T, m model.Model[T], block int) map[string]string {
	b, err := m.Block(block)
	if err != nil {
		t.Fatal(err)
	}
	n := b.Sublayers[1].Networks()[0]
	names := map[string]string{"up": n.Up.Slot.Tensor, "down": n.Down.Slot.Tensor}
	if n.Gate != nil {
		names["gate"] = n.Gate.Slot.Tensor
	}
	for k, v := range names {
		names[k] = strings.TrimSuffix(v, ".weight")
	}
	return names
}

func transpose(m linalg.Matrix[float64]) linalg.Matrix[float64] {
	r := linalg.NewMatrix[float64](m.Cols, m.Rows)
	for i := range m.Rows {
		for j, v := range m.Row(i) {
			r.Set(j, i, v)
		}
	}
	return r
}

// TestGoldenSteps holds every quantity of the released alternation in float32
// (each Hessian, weight update, sweep, p, z and s of each epoch and block) to
// float64: no kind of quantity may be farther from it than twice what
// PyTorch's float32 is.
func TestGoldenSteps(t *testing.T) {
	for _, name := range []string{"opt-micro", "llama-micro"} {
		t.Run(name, func(t *testing.T) {
			dir := "../testdata/" + name
			g := golden.Open(t, "../testdata/golden/"+name, "s50-fp32")
			truth, order := observeCase[float64](t, dir, g)
			ours, _ := observeCase[float32](t, dir, g)
			type worst struct{ ours, torch float64 }
			kinds, byKind := []string{}, map[string]*worst{}
			for _, key := range order {
				want, ok := g.Tensor(t, key)
				if !ok {
					t.Errorf("no golden for %s", key)
					continue
				}
				kind := key[strings.Index(key, ".epoch")+len(".epoch0."):]
				if i := strings.Index(key, ".epoch"); strings.HasPrefix(kind, "weight") || kind == "hessian" {
					kind = key[strings.LastIndex(key[:i], ".")+1:i] + " " + kind
				}
				if byKind[kind] == nil {
					kinds, byKind[kind] = append(kinds, kind), &worst{}
				}
				d, masks := distance(ours[key], truth[key])
				p, torchMasks := distance(want, truth[key])
				byKind[kind].ours = max(byKind[kind].ours, d)
				byKind[kind].torch = max(byKind[kind].torch, p)
				if strings.HasSuffix(kind, "pruned") && masks > 2*torchMasks {
					t.Errorf("%s: %d masks differ from float64's, %d of PyTorch's", key, masks, torchMasks)
				}
			}
			table := &strings.Builder{}
			tw := tabwriter.NewWriter(table, 2, 0, 2, ' ', tabwriter.AlignRight)
			fmt.Fprint(tw, "quantity\tours\tPyTorch's\t\n")
			slices.Sort(kinds)
			for _, k := range kinds {
				fmt.Fprintf(tw, "%s\t%.1e\t%.1e\t\n", k, byKind[k].ours, byKind[k].torch)
				if byKind[k].ours > 2*byKind[k].torch {
					t.Errorf("%s is off by %.3g, PyTorch's by %.3g", k, byKind[k].ours, byKind[k].torch)
				}
			}
			tw.Flush()
			t.Logf("largest differences of float32 from float64, relative to a matrix's largest entry\n%s", table)
		})
	}
}
