package arch_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"sparsellm/internal/architecture"
	"sparsellm/linalg"
	"sparsellm/model"
)

// forms returns every form of every architecture: the variants, and the
// spellings that say what none of them does.
func forms(t *testing.T) map[string]variant {
	_, models := readVariants(t)
	_, spellings := readSpellings(t)
	for _, name := range []string{"yarn", "longrope-long", "qwen2-window-layers"} {
		models[name] = spellings[name].model
	}
	return models
}

// eachVariant runs f for every form and the first n tokens of a sequence
// longer than a tile of the attention, where the model takes it.
func eachVariant(t *testing.T, f func(t *testing.T, v variant, ids []int)) {
	for name, v := range forms(t) {
		t.Run(name, func(t *testing.T) {
			cfg := openVariant[float32](t, v).Config()
			ids := make([]int, min(cfg.MaxPositions, 150))
			for i := range ids {
				ids[i] = (i*i + 5*i) % cfg.Vocab
			}
			f(t, v, ids)
		})
	}
}

// TestCausality changes a token: what comes before it must not change by a bit,
// what comes from it must.
func TestCausality(t *testing.T) {
	eachVariant(t, func(t *testing.T, v variant, ids []int) {
		m := openVariant[float32](t, v)
		_, before := run(t, nil, m, ids)
		at := 2 * len(ids) / 3
		ids[at] = (ids[at] + 1) % m.Config().Vocab
		_, after := run(t, nil, m, ids)
		for i := range ids {
			if same := slices.Equal(before.Row(i), after.Row(i)); i < at && !same || i == at && same {
				t.Fatalf("after a change of token %d, the logits at %d are the same: %v", at, i, same)
			}
		}
	})
}

// TestThreads compares the bits of runs with different numbers of threads.
func TestThreads(t *testing.T) {
	eachVariant(t, func(t *testing.T, v variant, ids []int) {
		_, one := run(t, nil, openVariant[float32](t, v), ids)
		for _, threads := range []int{2, 3, 7} {
			_, many := run(t, linalg.NewPool(threads), openVariant[float32](t, v), ids)
			for i := range ids {
				if !slices.Equal(one.Row(i), many.Row(i)) {
					t.Fatalf("%d threads: logits at %d differ", threads, i)
				}
			}
		}
	})
}

// TestBlockAgain runs one block on sequences of several lengths in turn: what
// it keeps from run to run must not show.
func TestBlockAgain(t *testing.T) {
	eachVariant(t, func(t *testing.T, v variant, ids []int) {
		m := openVariant[float32](t, v)
		old, err := m.Block(0)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{3, len(ids), 1, len(ids) / 2, len(ids)} {
			fresh, err := openVariant[float32](t, v).Block(0)
			if err != nil {
				t.Fatal(err)
			}
			var out [2]linalg.Matrix[float32]
			for i, b := range []*model.Block[float32]{old, fresh} {
				out[i] = linalg.NewMatrix[float32](n, m.Config().Hidden)
				if err := m.Embed(ids[:n], 0, out[i]); err != nil {
					t.Fatal(err)
				}
				var pass model.Pass[float32]
				pass.Block(nil, b, out[i], model.Sequences[float32]{Lengths: []int{n}}, nil)
			}
			if !slices.Equal(out[0].Data, out[1].Data) {
				t.Fatalf("%d tokens: a block that was used before gives other values", n)
			}
		}
	})
}

// TestTwoBlocks runs two blocks of one model at the same time.
func TestTwoBlocks(t *testing.T) {
	eachVariant(t, func(t *testing.T, v variant, ids []int) {
		_, want := run(t, nil, openVariant[float32](t, v), ids)
		m := openVariant[float32](t, v)
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				run(t, linalg.NewPool(2), m, ids[:len(ids)/2])
				if _, got := run(t, linalg.NewPool(2), m, ids); !slices.Equal(got.Data, want.Data) {
					t.Error("two runs at the same time disturb one another")
				}
			})
		}
		wg.Wait()
	})
}

// TestStages checks what a block says of itself: its matrices and what they
// read.
func TestStages(t *testing.T) {
	eachVariant(t, func(t *testing.T, v variant, ids []int) {
		m := openVariant[float64](t, v)
		cfg := m.Config()
		b, err := m.Block(1)
		if err != nil {
			t.Fatal(err)
		}
		x := linalg.NewMatrix[float64](len(ids), cfg.Hidden)
		if err := m.Embed(ids, 0, x); err != nil {
			t.Fatal(err)
		}
		var seen, want []*model.Stage[float64]
		inputs := map[*model.Stage[float64]]linalg.Matrix[float64]{}
		observe := func(s *model.Stage[float64], in linalg.Matrix[float64]) {
			seen = append(seen, s)
			inputs[s] = in.Clone()
		}
		seq := model.Sequences[float64]{Lengths: []int{len(ids)}}
		var pass model.Pass[float64]
		pass.Sublayers(nil, b, 0, 1, x, seq, observe)
		network := b.Sublayers[1]
		ffnIn := linalg.NewMatrix[float64](len(ids), cfg.Hidden)
		network.Read(nil, ffnIn, x)
		residual := x.Clone()
		pass.Sublayers(nil, b, 1, 2, x, seq, observe)
		for _, s := range b.Sublayers {
			want = append(want, s.Stages()...)
		}
		if !slices.Equal(seen, want) {
			t.Fatalf("observed %v, want %v", seen, want)
		}
		first, last := network.Stages()[0], network.Stages()[1]
		if !slices.Equal(ffnIn.Data, inputs[first].Data) {
			t.Error("Read and a Pass differ about the input")
		}
		a, known := architecture.Named(cfg.Arch)
		if !known {
			t.Fatalf("%s is not registered", cfg.Arch)
		}
		prefix := a.Blocks + "1."
		weights := 0
		for _, s := range want {
			for _, l := range s.Linears {
				if in := l.Weight.Inputs(); in != s.Width || in != inputs[s].Cols {
					t.Errorf("%s takes %d features; its stage says %d and has %d", l.Name, in, s.Width, inputs[s].Cols)
				}
				if want := model.Whole(prefix + l.Name + ".weight"); l.Slot != want {
					t.Errorf("%s lies in %v, not in %v", l.Name, l.Slot, want)
				}
				if shape := v.Shapes[l.Slot.Tensor]; !slices.Equal(shape, []int{l.Weight.Outputs(), l.Weight.Inputs()}) {
					t.Errorf("%s is %d × %d, its tensor %v", l.Name, l.Weight.Outputs(), l.Weight.Inputs(), shape)
				}
				weights++
			}
		}
		if len(b.Linears()) != weights {
			t.Errorf("there are %d linears, and %d in stages", len(b.Linears()), weights)
		}
		for name, shape := range v.Shapes {
			if len(shape) == 2 && strings.HasPrefix(name, prefix) {
				weights--
			}
		}
		if weights != 0 {
			t.Errorf("Linears has %d matrices more than the block", weights)
		}

		// The network, from its own description.
		ffn := network.Networks()[0]
		if ffn.Activation != cfg.Activation || (ffn.Gate != nil) != cfg.Gated {
			t.Errorf("the network's activation is %s, gated %v; the config's %s, %v", ffn.Activation, ffn.Gate != nil, cfg.Activation, cfg.Gated)
		}
		h := linalg.NewMatrix[float64](len(ids), cfg.Intermediate)
		ffn.Up.Apply(nil, h, ffnIn)
		if ffn.Gate == nil {
			for i, z := range h.Data {
				h.Data[i] = max(z, 0)
			}
		} else {
			g := linalg.NewMatrix[float64](len(ids), cfg.Intermediate)
			ffn.Gate.Apply(nil, g, ffnIn)
			for i, s := range g.Data {
				h.Data[i] *= s / (1 + math.Exp(-s))
			}
		}
		if d := worst(inputs[last], h); d > 1e-14 {
			t.Errorf("hidden activations differ from the network's by %.1e", d)
		}
		y := linalg.NewMatrix[float64](len(ids), cfg.Hidden)
		ffn.Down.Apply(nil, y, h)
		for i := range y.Data {
			y.Data[i] += residual.Data[i]
		}
		normLast := strings.Contains(string(v.Config), `"do_layer_norm_before": false`)
		if d := worst(x, y); d > 1e-14 && !normLast {
			t.Errorf("output differs from the network's by %.1e", d)
		}

		// A changed weight changes the block.
		ffn.Down.Matrix().Zero()
		again := residual.Clone()
		pass.Sublayers(nil, b, 1, 2, again, seq, nil)
		if slices.Equal(again.Data, x.Data) {
			t.Error("the block does not see a changed weight")
		}
	})
}

// TestWindow compares a Qwen2 model whose window begins in its second block,
// which transformers only does with an extension that needs a GPU, with
// Mistral's, which begins in the first.
func TestWindow(t *testing.T) {
	ids, models := readVariants(t)
	v := models["qwen2-untied-unused-window"]
	open := func(from int) model.Model[float64] {
		w := v
		w.Config = fmt.Appendf(nil, `{"model_type": "qwen2", "hidden_size": 16, "intermediate_size": 40, "num_hidden_layers": 2, "num_attention_heads": 4,
			"num_key_value_heads": 2, "vocab_size": 50, "rms_norm_eps": 1e-5, "use_sliding_window": true, "sliding_window": 4, "max_window_layers": %d}`, from)
		return openVariant[float64](t, w)
	}
	_, full := run(t, nil, openVariant[float64](t, v), ids)
	_, none := run(t, nil, open(2), ids)
	if !slices.Equal(full.Data, none.Data) {
		t.Error("a window from beyond the last block is seen")
	}
	_, all := run(t, nil, open(0), ids)
	hidden, _ := run(t, nil, openVariant[float64](t, v), ids)
	first, one := run(t, nil, open(1), ids)
	if !slices.Equal(first.Data, hidden.Data) {
		t.Error("a window from block 1 is seen in block 0")
	}
	if slices.Equal(one.Data, full.Data) || slices.Equal(one.Data, all.Data) {
		t.Error("a window from block 1 is not seen in block 1 alone")
	}
	for i := range 4 {
		if !slices.Equal(full.Row(i), all.Row(i)) {
			t.Errorf("a window of 4 is seen at position %d", i)
		}
	}
	if slices.Equal(full.Row(4), all.Row(4)) {
		t.Error("a window of 4 is not seen at position 4")
	}
}
