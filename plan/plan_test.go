package plan

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sparsellm/linalg"
	"sparsellm/model"
)

// flat does a unit of anything in a second.
var flat = Rates{1, 1, 1, 1, 1, 1, 1, 1}

// TestShapes holds the table to the numbers of weights that the models'
// blocks are known to have.
func TestShapes(t *testing.T) {
	for name, want := range map[string]float64{
		"opt-125m":    12 * 7077888,
		"OPT-66B":     64 * 12 * 9216 * 9216,
		"LLaMA-2-7B":  32 * 202375168,
		"llama-2-70b": 80 * (2*8192*8192 + 2*8192*1024 + 3*8192*28672),
		"Llama-3-8B":  32 * 218103808,
	} {
		c, ok := Shape(name)
		if !ok {
			t.Errorf("%s is not known", name)
			continue
		}
		b := blockOf(c, Settings{Samples: 1, SeqLen: 1})
		if got := float64(c.Blocks) * b.weights(); got != want {
			t.Errorf("%s has %.0f weights in its blocks, want %.0f", name, got, want)
		}
	}
	if _, ok := Shape("GPT-2"); ok {
		t.Error("GPT-2 is known")
	}
	for _, name := range Names() {
		c, _ := Shape(name)
		if c.HeadDim*c.Heads != c.Hidden || c.Heads%c.KVHeads != 0 {
			t.Errorf("%s: heads of %d do not make up %d", name, c.HeadDim, c.Hidden)
		}
	}
}

// TestForward compares a pass with two operations per weight and token, and
// four per score and element of a head.
func TestForward(t *testing.T) {
	for _, name := range []string{"OPT-125M", "Llama-3-8B"} {
		c, _ := Shape(name)
		s := settings(c, "sparsegpt")
		s.Samples, s.SeqLen = 3, 100
		b := blockOf(c, s)
		_, _, run := b.apart(s)
		if want := 2 * 300 * b.weights(); run.Product != want {
			t.Errorf("%s: products of %g operations, want %g", name, run.Product, want)
		}
		if want := 4 * 3 * 100 * 100 / 2 * float64(c.Hidden); run.Attention != want {
			t.Errorf("%s: attention of %g operations, want %g", name, run.Attention, want)
		}
	}
}

func TestGrowth(t *testing.T) {
	c, _ := Shape("OPT-125M")
	of := func(change func(*model.Config, *Settings)) Plan {
		c, s := c, settings(c, "sparsellm")
		s.Samples, s.Epochs, s.Threads = 64, 4, 2
		change(&c, &s)
		p, err := Make(c, s, flat)
		if err != nil {
			t.Fatal(err)
		}
		sum := Plan{}
		for _, x := range p.Phases {
			sum.Flops += x.Flops
			sum.Seconds += x.Seconds
			sum.Bytes = max(sum.Bytes, x.Bytes)
		}
		if diff := cmp.Diff(p, sum, cmpopts.IgnoreFields(Plan{}, "Phases")); diff != "" {
			t.Errorf("the plan and its phases together (-plan +phases):\n%s", diff)
		}
		return p
	}
	one := of(func(*model.Config, *Settings) {})
	more := of(func(_ *model.Config, s *Settings) { s.Samples *= 2 })
	if r := phase(more, "capture dense blocks").Flops / phase(one, "capture dense blocks").Flops; math.Abs(r-2) > 1e-9 {
		t.Errorf("twice the tokens take %g times the operations to capture", r)
	}
	if r := more.Bytes / one.Bytes; r < 1.5 || r > 2 {
		t.Errorf("twice the tokens take %g times the memory", r)
	}
	deep := of(func(c *model.Config, s *Settings) { c.Blocks, s.End = 2*c.Blocks, 2*s.End })
	if deep.Bytes != one.Bytes {
		t.Error("memory grows with the number of blocks")
	}
	if r := phase(deep, "prune").Flops / phase(one, "prune").Flops; r != 2 {
		t.Errorf("twice the blocks take %g times the operations to prune", r)
	}
	if less := of(func(_ *model.Config, s *Settings) { s.Method = "wanda" }); less.Flops >= one.Flops || less.Bytes >= one.Bytes {
		t.Error("wanda takes as much as SparseLLM")
	}
}

// settings are those of a run over all of a model's blocks.
func settings(c model.Config, method string) Settings {
	return Settings{
		Method: method, Allocate: "uniform", BlockSize: 128, End: c.Blocks, Width: 4,
		Samples: 1, SeqLen: 2048, Epochs: 1, Threads: 1,
	}
}

func phase(p Plan, name string) Phase {
	return p.Phases[slices.IndexFunc(p.Phases, func(x Phase) bool { return x.Name == name })]
}

func TestMakeErrors(t *testing.T) {
	c, _ := Shape("OPT-125M")
	good := settings(c, "sparsegpt")
	if _, err := Make(c, good, flat); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Settings){
		`there is no method "snip"`: func(s *Settings) { s.Method = "snip" },
		"blocks 3:20 are not":       func(s *Settings) { s.First, s.End = 3, 20 },
		"0 samples":                 func(s *Settings) { s.Samples = 0 },
		"0 epochs":                  func(s *Settings) { s.Epochs = 0 },
		"takes 2048 tokens at most": func(s *Settings) { s.SeqLen = 2049 },
	} {
		s := good
		change(&s)
		if _, err := Make(c, s, flat); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got the error %v, want %q", err, want)
		}
	}
}

// TestMeasure only checks that there are rates: what they are is the
// machine's.
func TestMeasure(t *testing.T) {
	defer func(old time.Duration) { turn = old }(turn)
	turn = 10 * time.Millisecond
	c, _ := Shape("OPT-125M")
	r := Measure(linalg.NewPool(2), c)
	for i, v := range []float64{r.Product, r.Attention, r.Gram, r.Factor, r.Sweep, r.Double, r.Exp, r.Bytes} {
		if !(v > 1e6) || math.IsInf(v, 0) {
			t.Errorf("rate %d is %v", i, v)
		}
	}
}
