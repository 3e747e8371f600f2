package arch_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"sparsellm/arch"
	"sparsellm/linalg"
	"sparsellm/model"
)

// variant is a tiny model of testdata/variants.json.
type variant struct {
	Config     json.RawMessage `json:"config"`
	Shapes     synthetic       `json:"shapes"`
	Loss       float64         `json:"loss"`
	LastHidden []float64       `json:"last_hidden"` // of the last token, into the last block
	LastLogits []float64       `json:"last_logits"`
}

// synthetic is a model.Source of tensors whose values follow from their names,
// as testdata/variants.py has them.
type synthetic map[string][]int

func (s synthetic) Shape(name string) ([]int, bool) { shape, ok := s[name]; return shape, ok }

func (s synthetic) ReadFloat32(name string, dst []float32) error { return fill(s, name, dst) }
func (s synthetic) ReadFloat64(name string, dst []float64) error { return fill(s, name, dst) }

func fill[T linalg.Float](s synthetic, name string, dst []T) error {
	n := 1
	for _, d := range s[name] {
		n *= d
	}
	if n != len(dst) {
		return fmt.Errorf("%s: %d elements for the shape %v", name, len(dst), s[name])
	}
	h := uint64(0xcbf29ce484222325)
	for _, c := range []byte(name) {
		h = (h ^ uint64(c)) * 0x100000001b3
	}
	mean := 0.0
	if strings.Contains(name, "norm") && strings.HasSuffix(name, "weight") {
		mean = 1
	}
	for i := range dst {
		h += 0x9e3779b97f4a7c15
		z := h
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		z ^= z >> 31
		dst[i] = T(float64(z>>40)/(1<<24) - 0.5 + mean)
	}
	return nil
}

func readVariants(t testing.TB) (ids []int, models map[string]variant) {
	t.Helper()
	text, err := os.ReadFile("testdata/variants.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		IDs    []int              `json:"ids"`
		Models map[string]variant `json:"models"`
	}
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatal(err)
	}
	return f.IDs, f.Models
}

func openVariant[T linalg.Float](t testing.TB, v variant) model.Model[T] {
	t.Helper()
	m, err := arch.Open[T](v.Config, v.Shapes)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// run returns the last block's input and the logits.
func run[T linalg.Float](t testing.TB, pool *linalg.Pool, m model.Model[T], ids []int) (hidden, logits linalg.Matrix[T]) {
	t.Helper()
	cfg := m.Config()
	x := linalg.NewMatrix[T](len(ids), cfg.Hidden)
	if err := m.Embed(ids, 0, x); err != nil {
		t.Fatal(err)
	}
	var pass model.Pass[T]
	for i := range cfg.Blocks {
		b, err := m.Block(i)
		if err != nil {
			t.Fatal(err)
		}
		hidden = x.Clone()
		pass.Block(pool, b, x, model.Sequences[T]{Lengths: []int{x.Rows}}, nil)
	}
	logits = linalg.NewMatrix[T](len(ids), cfg.Vocab)
	if err := m.Logits(pool, logits, x); err != nil {
		t.Fatal(err)
	}
	return hidden, logits
}

// meanLoss returns the mean next-token loss.
func meanLoss[T linalg.Float](logits linalg.Matrix[T], ids []int) float64 {
	var total float64
	for i, id := range ids[1:] {
		var sum float64
		for _, v := range logits.Row(i) {
			sum += math.Exp(float64(v) - float64(logits.At(i, id)))
		}
		total += math.Log(sum)
	}
	return total / float64(len(ids)-1)
}

// TestVariants compares every form of every architecture with transformers in
// float64 throughout.
func TestVariants(t *testing.T) {
	ids, models := readVariants(t)
	for name, v := range models {
		t.Run(name, func(t *testing.T) {
			d64 := distance[float64](t, v, ids)
			d32 := distance[float32](t, v, ids)
			t.Logf("worst relative error in float64 %.1e, in float32 %.1e", d64, d32)
			// A value comes out of a few dozen sums of some forty terms, one
			// after the other.
			const units = 50
			if !(d64 < units*0x1p-52) {
				t.Errorf("float64 is off by %.1e", d64)
			}
			if !(d32 < units*0x1p-23) {
				t.Errorf("float32 is off by %.1e", d32)
			}
		})
	}
}

func distance[T linalg.Float](t *testing.T, v variant, ids []int) float64 {
	t.Helper()
	hidden, logits := run(t, linalg.NewPool(2), openVariant[T](t, v), ids)
	last := func(m linalg.Matrix[T]) linalg.Matrix[T] { return m.Slice(m.Rows-1, m.Rows, 0, m.Cols) }
	row := func(x []float64) linalg.Matrix[float64] { return linalg.MatrixOf(1, len(x), x) }
	return max(
		worst(last(hidden), row(v.LastHidden)),
		worst(last(logits), row(v.LastLogits)),
		math.Abs(meanLoss(logits, ids)/v.Loss-1),
	)
}
