package decoder

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"sparsellm/linalg"
	"sparsellm/model"
)

// tensors is a source of float64 matrices; a vector is a row.
type tensors map[string]linalg.Matrix[float64]

func (s tensors) Shape(name string) ([]int, bool) {
	m, ok := s[name]
	if strings.HasSuffix(name, "bias") || strings.Contains(name, "norm") {
		return []int{m.Cols}, ok
	}
	return []int{m.Rows, m.Cols}, ok
}

func (s tensors) ReadFloat64(name string, dst []float64) error { copy(dst, s[name].Data); return nil }

func (s tensors) ReadFloat32(string, []float32) error { return errors.New("not this type") }

// Of the models of these tests.
const (
	testWidth, testInner, testVocab = 8, 12, 11
	testHeads, testKeyHeads         = 4, 2
)

// testModel is a gated model whose matrices have biases and whose first block is
// as block says.
func testModel(change func(*BlockDescription)) (*Architecture, Description) {
	a := &Architecture{Type: "test", Words: "words", Head: "head", Blocks: "layers."}
	d := Description{WordWidth: testWidth, FinalNorm: "norm", Norms: NormKind{Eps: 1e-5, Weight: true}}
	d.Hidden, d.Intermediate, d.Blocks, d.Vocab, d.MaxPositions = testWidth, testInner, 1, testVocab, 32
	d.Heads, d.KVHeads, d.HeadDim = testHeads, testKeyHeads, 2
	d.Activation, d.Gated = model.SiLU, true
	f, err := ParseConfig([]byte("{}"))
	if err != nil {
		panic(err)
	}
	rope := ParseRope(f, d.HeadDim, d.MaxPositions, nil, RopeChoices{})
	linear := func(name string) LinearDescription { return LinearDescription{Name: name, Bias: true} }
	b := BlockDescription{
		Attention: AttentionDescription{Norms: Norms{Input: "norm1"}, Rope: rope, Q: linear("q"), K: linear("k"), V: linear("v"), O: linear("o")},
		Network:   NetworkDescription{Norms: Norms{Input: "norm2"}, Up: linear("up"), Gate: linear("gate"), Down: linear("down")},
	}
	change(&b)
	d.Block = func(int) BlockDescription { return b }
	return a, d
}

func testTensors(rng *rand.Rand) tensors {
	s := tensors{
		"words": random[float64](rng, testVocab, testWidth), "head": random[float64](rng, testVocab, testWidth),
		"norm.weight": random[float64](rng, 1, testWidth),
	}
	for name, shape := range map[string][2]int{
		"q": {8, testWidth}, "k": {4, testWidth}, "v": {4, testWidth}, "o": {testWidth, 8},
		"up": {testInner, testWidth}, "gate": {testInner, testWidth}, "down": {testWidth, testInner},
	} {
		s["layers.0."+name+".weight"] = random[float64](rng, shape[0], shape[1])
		s["layers.0."+name+".bias"] = random[float64](rng, 1, shape[0])
	}
	s["layers.0.norm1.weight"] = random[float64](rng, 1, testWidth)
	s["layers.0.norm2.weight"] = random[float64](rng, 1, testWidth)
	return s
}

var testTokens = []int{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5}

func testLogits(t *testing.T, m model.Model[float64]) linalg.Matrix[float64] {
	t.Helper()
	x := linalg.NewMatrix[float64](len(testTokens), testWidth)
	if err := m.Embed(testTokens, 0, x); err != nil {
		t.Fatal(err)
	}
	b, err := m.Block(0)
	if err != nil {
		t.Fatal(err)
	}
	var pass model.Pass[float64]
	pass.Block(nil, b, x, model.Sequences[float64]{Lengths: []int{x.Rows}}, nil)
	logits := linalg.NewMatrix[float64](x.Rows, testVocab)
	if err := m.Logits(nil, logits, x); err != nil {
		t.Fatal(err)
	}
	return logits
}

// TestSlots has one tensor hold several matrices, and tensors in × out: the
// model computes the same.
func TestSlots(t *testing.T) {
	src := testTensors(rand.New(rand.NewPCG(1, 2)))
	a, d := testModel(func(*BlockDescription) {})
	m, err := Open[float64](a, d, src)
	if err != nil {
		t.Fatal(err)
	}
	want := testLogits(t, m)

	stack := func(name string, parts ...string) (of int, first []int) {
		var w, b linalg.Matrix[float64]
		for _, p := range parts {
			first = append(first, w.Rows)
			part, bias := src["layers.0."+p+".weight"], src["layers.0."+p+".bias"]
			w = linalg.MatrixOf(w.Rows+part.Rows, part.Cols, append(w.Data, part.Data...))
			b = linalg.MatrixOf(1, b.Cols+bias.Cols, append(b.Data, bias.Data...))
			delete(src, "layers.0."+p+".weight")
			delete(src, "layers.0."+p+".bias")
		}
		src["layers.0."+name+".weight"], src["layers.0."+name+".bias"] = w, b
		return w.Rows, first
	}
	transpose := func(name string) {
		w := src["layers.0."+name+".weight"]
		r := linalg.NewMatrix[float64](w.Cols, w.Rows)
		for i := range w.Rows {
			for j, v := range w.Row(i) {
				r.Set(j, i, v)
			}
		}
		src["layers.0."+name+".weight"] = r
	}
	qkv, at := stack("qkv", "q", "k", "v")
	transpose("qkv")
	both, rows := stack("gate_up", "gate", "up")
	transpose("down")
	a, d = testModel(func(b *BlockDescription) {
		for i, l := range []*LinearDescription{&b.Attention.Q, &b.Attention.K, &b.Attention.V} {
			l.Tensor, l.First, l.Of, l.Transposed = "qkv", at[i], qkv, true
		}
		for i, l := range []*LinearDescription{&b.Network.Gate, &b.Network.Up} {
			l.Tensor, l.First, l.Of = "gate_up", rows[i], both
		}
		b.Network.Down.Transposed = true
	})
	if m, err = Open[float64](a, d, src); err != nil {
		t.Fatal(err)
	}
	if got := testLogits(t, m); !slices.Equal(got.Data, want.Data) {
		t.Error("the logits differ")
	}
	b, err := m.Block(0)
	if err != nil {
		t.Fatal(err)
	}
	var slots []string
	for _, l := range b.Linears() {
		slots = append(slots, fmt.Sprint(l.Slot, " ", l.Slot.Transposed))
	}
	if want := []string{
		"layers.0.qkv.weight[0:8] true", "layers.0.qkv.weight[8:12] true", "layers.0.qkv.weight[12:16] true", "layers.0.o.weight false",
		"layers.0.gate_up.weight[12:24] false", "layers.0.gate_up.weight[0:12] false", "layers.0.down.weight true",
	}; !slices.Equal(slots, want) {
		t.Errorf("the matrices lie in %v, want %v", slots, want)
	}
}

// TestParallel holds a parallel block to its sublayers run by hand.
func TestParallel(t *testing.T) {
	src := testTensors(rand.New(rand.NewPCG(3, 4)))
	a, d := testModel(func(b *BlockDescription) { b.Parallel = true })
	m, err := Open[float64](a, d, src)
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.Block(0)
	if err != nil {
		t.Fatal(err)
	}
	x := random[float64](rand.New(rand.NewPCG(5, 6)), 7, testWidth)
	want, seq := x.Clone(), model.Sequences[float64]{Lengths: []int{4, 3}}
	for _, sub := range b.Sublayers {
		in, inner := linalg.NewMatrix[float64](x.Rows, x.Cols), linalg.NewMatrix[float64](x.Rows, sub.Width())
		sub.Read(nil, in, x)
		sub.Inner(nil, &model.Scratch[float64]{}, inner, in, seq, nil)
		sub.Add(nil, want, inner)
	}
	var pass model.Pass[float64]
	pass.Block(nil, b, x, seq, nil)
	if !slices.Equal(x.Data, want.Data) {
		t.Error("a pass differs from the sublayers, of which each reads the block's input")
	}
}

// TestCache runs a sequence in pieces, each on the keys and values of those
// before: it must come out as at once.
func TestCache(t *testing.T) {
	for _, window := range []int{0, 3} {
		src := testTensors(rand.New(rand.NewPCG(7, 8)))
		a, d := testModel(func(b *BlockDescription) { b.Attention.Window = window })
		m, err := Open[float64](a, d, src)
		if err != nil {
			t.Fatal(err)
		}
		b, err := m.Block(0)
		if err != nil {
			t.Fatal(err)
		}
		x := random[float64](rand.New(rand.NewPCG(9, 10)), 20, testWidth)
		want := x.Clone()
		var pass model.Pass[float64]
		pass.Block(nil, b, want, model.Sequences[float64]{Lengths: []int{x.Rows}}, nil)
		for _, pieces := range [][]int{{20}, {1, 19}, {12, 1, 1, 5, 1}} {
			var cache model.Cache[float64]
			at := 0
			for _, n := range pieces {
				got := x.Slice(at, at+n, 0, testWidth).Clone()
				pass.Block(nil, b, got, model.Sequences[float64]{Lengths: []int{n}, Cache: &cache}, nil)
				at += n
				if cache.Len() != at {
					t.Fatalf("the cache has %d positions after %d", cache.Len(), at)
				}
				for i := range n {
					for j, v := range got.Row(i) {
						// A few sums of a dozen terms each, in another order.
						if w := want.At(at-n+i, j); !(abs(v-w) <= 100*0x1p-52*(1+abs(w))) {
							t.Fatalf("window %d, pieces %v: position %d, feature %d is %v, want %v", window, pieces, at-n+i, j, v, w)
						}
					}
				}
			}
		}
	}
}

func abs(x float64) float64 { return max(x, -x) }

// headReads counts how often the head is read.
type headReads struct {
	tensors
	n int
}

func (h *headReads) ReadFloat64(name string, dst []float64) error {
	if name == "head" {
		h.n++
	}
	return h.tensors.ReadFloat64(name, dst)
}

// TestHoldHead has the garbage collector leave a head alone that is held.
func TestHoldHead(t *testing.T) {
	src := &headReads{tensors: testTensors(rand.New(rand.NewPCG(1, 2)))}
	a, d := testModel(func(*BlockDescription) {})
	m, err := Open[float64](a, d, src)
	if err != nil {
		t.Fatal(err)
	}
	before := src.n
	release, err := m.HoldHead()
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		testLogits(t, m)
		runtime.GC()
	}
	release()
	if n := src.n - before; n != 1 {
		t.Errorf("the head was read %d times, not once", n)
	}
	runtime.GC()
	if testLogits(t, m); src.n-before != 2 {
		t.Error("the head stays once it is released")
	}
}
