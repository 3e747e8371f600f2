package generate

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sparsellm/arch"
	"sparsellm/checkpoint"
	"sparsellm/internal/golden"
	"sparsellm/linalg"
	"sparsellm/model"
)

// open opens a model of testdata.
func open[T linalg.Float](t testing.TB, dir string) model.Model[T] {
	t.Helper()
	c, err := checkpoint.Open(filepath.Join("../testdata", dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	m, err := arch.Open[T](c.Config(), checkpoint.AsStored{Checkpoint: c})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newDecoder[T linalg.Float](t testing.TB, pool *linalg.Pool, dir string) *Decoder[T] {
	t.Helper()
	d, err := NewDecoder(pool, open[T](t, dir))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// continuation is what transformers says of a model: testdata/greedy.py.
type continuation struct {
	IDs    []int
	Margin float64
}

func eachModel(t *testing.T, f func(t *testing.T, dir string, prompt []int, want continuation)) {
	text, err := os.ReadFile("testdata/greedy.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]continuation
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	dirs, err := filepath.Glob("../testdata/today/*/config.json")
	if err != nil || len(all) != len(dirs)+2 {
		t.Fatalf("%d continuations for %d models, %v", len(all), len(dirs)+2, err)
	}
	for dir, want := range all {
		t.Run(dir, func(t *testing.T) {
			n := 96
			if strings.HasSuffix(dir, "micro") {
				n = 64
			}
			f(t, dir, golden.Rows(t, "../testdata/"+dir+"/test.rows.json", 1, n)[0], want)
		})
	}
}

// TestGreedy compares with transformers' generate.
func TestGreedy(t *testing.T) {
	eachModel(t, func(t *testing.T, dir string, row []int, want continuation) {
		for threads := 1; threads <= 2; threads++ {
			d := newDecoder[float32](t, linalg.NewPool(threads), dir)
			for range 2 { // the second after a Reset
				got, end, err := d.Continue(context.Background(), row[:24], Options{Tokens: len(want.IDs)})
				if err != nil || end != Length {
					t.Fatal(end, err)
				}
				if !slices.Equal(got, want.IDs) {
					t.Errorf("%d threads: got %v, want %v", threads, got, want.IDs)
				}
				d.Reset()
			}
		}
	})
}

// TestCached compares logits of a sequence that is fed in pieces with those of
// one pass.
func TestCached(t *testing.T) {
	eachModel(t, func(t *testing.T, dir string, row []int, _ continuation) {
		m := open[float64](t, dir)
		want := logits(t, m, row)
		d := newDecoder[float64](t, nil, dir)
		for at := 0; at < len(row); {
			n := 1
			if at%3 == 0 {
				n = min(7, len(row)-at)
			}
			got, err := d.Feed(context.Background(), row[at:at+n]...)
			if err != nil {
				t.Fatal(err)
			}
			at += n
			for i, v := range got {
				w := want.At(at-1, i)
				if !(math.Abs(v-w) <= 1e-12*(1+math.Abs(w))) {
					t.Fatalf("after %d tokens, logit %d is %v, want %v", at, i, v, w)
				}
			}
		}
	})
}

// logits returns those of one pass over a sequence.
func logits[T linalg.Float](t *testing.T, m model.Model[T], row []int) linalg.Matrix[T] {
	t.Helper()
	x := linalg.NewMatrix[T](len(row), m.Config().Hidden)
	if err := m.Embed(row, 0, x); err != nil {
		t.Fatal(err)
	}
	var pass model.Pass[T]
	for i := range m.Config().Blocks {
		b, err := m.Block(i)
		if err != nil {
			t.Fatal(err)
		}
		pass.Block(nil, b, x, model.Sequences[T]{Lengths: []int{len(row)}}, nil)
	}
	all := linalg.NewMatrix[T](len(row), m.Config().Vocab)
	if err := m.Logits(nil, all, x); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestEnds ends a sequence in each way.
func TestEnds(t *testing.T) {
	const dir = "today/qwen3"
	d := newDecoder[float32](t, nil, dir)
	prompt := []int{5, 9, 30}
	all, _, err := d.Continue(context.Background(), prompt, Options{Tokens: 20})
	if err != nil {
		t.Fatal(err)
	}
	last := slices.Index(all, all[10]) // where it comes first
	d.Reset()
	got, end, err := d.Continue(context.Background(), prompt, Options{Tokens: 20, Ends: []int{1000, all[10]}})
	if err != nil || end != EndOfText || !slices.Equal(got, all[:last]) {
		t.Errorf("end of text: %v, %v, %v", got, end, err)
	}
	d.Reset()
	n := 0
	got, end, err = d.Continue(context.Background(), prompt, Options{Each: func(int) bool { n++; return n < 5 }})
	if err != nil || end != Stopped || !slices.Equal(got, all[:5]) {
		t.Errorf("stopped: %v, %v, %v", got, end, err)
	}
	d.Reset()
	ctx, cancel := context.WithCancel(context.Background())
	got, _, err = d.Continue(ctx, prompt, Options{Each: func(int) bool { cancel(); return true }})
	if !errors.Is(err, context.Canceled) || !slices.Equal(got, all[:1]) {
		t.Errorf("interrupted: %v, %v", got, err)
	}
	d.Reset()
	most := open[float32](t, dir).Config().MaxPositions
	got, end, err = d.Continue(context.Background(), prompt, Options{})
	if err != nil || end != Context || len(prompt)+len(got) != most+1 {
		t.Errorf("context: %d tokens, %v, %v", len(got), end, err)
	}
	if _, err := d.Feed(context.Background(), 1); err == nil || !strings.Contains(err.Error(), "that the model takes") {
		t.Errorf("a token too many: %v", err)
	}
}

// small is a weight that takes one byte.
type small struct{ nothing }

func (small) Bytes() int { return 1 }

type smallWeights struct{ weightless }

func (smallWeights) Weight(_ model.Slot, outputs, inputs int) (model.Weight[float32], bool, error) {
	return small{nothing{outputs, inputs}}, true, nil
}

// TestTokenBytes wants the head counted as it is in memory, as all else is.
func TestTokenBytes(t *testing.T) {
	const config = `{"model_type": "llama", "hidden_act": "silu", "hidden_size": 576, "intermediate_size": 1536,
		"num_hidden_layers": 1, "num_attention_heads": 9, "num_key_value_heads": 3, "max_position_embeddings": 8192,
		"rms_norm_eps": 1e-05, "rope_theta": 100000.0, "tie_word_embeddings": true, "vocab_size": 49152}`
	m, err := arch.Open[float32]([]byte(config), smallWeights{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDecoder(nil, m)
	if err != nil {
		t.Fatal(err)
	}
	if n := d.TokenBytes(); n != 8 { // q, k, v, o, gate, up, down and the head
		t.Errorf("%d bytes, not 8", n)
	}
}
