package pipeline

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"

	"sparsellm/arch"
	"sparsellm/checkpoint"
	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/prune"
)

// shaped is a model whose blocks have another shape than the checkpoint's
// architecture gives them.
type shaped struct {
	model.Model[float32]
	shape func(m model.Model[float32], i int, b *model.Block[float32]) error
}

func (m shaped) Block(i int) (*model.Block[float32], error) {
	b, err := m.Model.Block(i)
	if err == nil {
		err = m.shape(m.Model, i, b)
	}
	return b, err
}

// experts is a sublayer of two networks, of which each token reaches one: the
// first if the first feature of the input is positive. What it leaves to add is
// the output.
type experts struct {
	model.Sublayer[float32] // the first
	second                  model.Sublayer[float32]
}

// withExperts gives each block the network of another as its second expert.
func withExperts(m model.Model[float32], i int, b *model.Block[float32]) error {
	other, err := m.Block((i + 1) % m.Config().Blocks)
	if err == nil {
		b.Sublayers[1] = &experts{b.Sublayers[1], other.Sublayers[1]}
	}
	return err
}

func (e *experts) all() []model.Sublayer[float32] {
	return []model.Sublayer[float32]{e.Sublayer, e.second}
}

func (e *experts) Stages() []*model.Stage[float32] {
	return append(e.Sublayer.Stages(), e.second.Stages()...)
}

func (e *experts) Route(_ *linalg.Pool, in linalg.Matrix[float32]) [][]int {
	rows := make([][]int, 2)
	for t := range in.Rows {
		k := 1
		if in.At(t, 0) > 0 {
			k = 0
		}
		rows[k] = append(rows[k], t)
	}
	return rows
}

func (e *experts) Networks() (all []model.Network[float32]) {
	for _, sub := range e.all() {
		all = append(all, sub.Networks()...)
	}
	return all
}

func (e *experts) Width() int { return e.Sublayer.Stages()[0].Width }

func (e *experts) Inner(pool *linalg.Pool, s *model.Scratch[float32], dst, in linalg.Matrix[float32], seq model.Sequences[float32], observe model.Observer[float32]) {
	rows := e.Route(pool, in)
	for k, sub := range e.all() {
		reach := rows[k]
		x, y := rowsAt(in, reach), linalg.NewMatrix[float32](len(reach), in.Cols)
		inner := s.Matrix(x.Rows, sub.Width())
		sub.Inner(pool, s, inner, x, seq, observe)
		sub.Networks()[0].Down.AddTo(pool, y, inner)
		for i, t := range reach {
			copy(dst.Row(t), y.Row(i))
		}
	}
}

func (e *experts) Add(_ *linalg.Pool, x, inner linalg.Matrix[float32]) {
	for t := range x.Rows {
		row := x.Row(t)
		for j, v := range inner.Row(t) {
			row[j] += v
		}
	}
}

// TestShapes prunes blocks of several shapes and holds the next block's input to
// what the pruned block, loaded again, makes of the first one's.
func TestShapes(t *testing.T) {
	shapes := map[string]func(model.Model[float32], int, *model.Block[float32]) error{
		"one after another": func(model.Model[float32], int, *model.Block[float32]) error { return nil },
		"parallel":          func(_ model.Model[float32], _ int, b *model.Block[float32]) error { b.Parallel = true; return nil },
		"experts":           withExperts,
		"network first": func(_ model.Model[float32], _ int, b *model.Block[float32]) error {
			b.Sublayers[0], b.Sublayers[1] = b.Sublayers[1], b.Sublayers[0]
			return nil
		},
		"attention alone": func(_ model.Model[float32], _ int, b *model.Block[float32]) error {
			b.Sublayers = b.Sublayers[:1]
			return nil
		},
	}
	for shape, change := range shapes {
		for _, name := range []string{"opt-micro", "llama-micro"} {
			ways := everyWay(0.5, prune.Pattern{})
			some := options("sparsellm", 0.5, prune.Pattern{})
			some.Skip = regexp.MustCompile("q_proj|fc1|gate_proj")
			by := options("sparsegpt", 0.5, prune.Pattern{})
			by.Allocate = "error"
			for _, opt := range append(ways, some, by) {
				t.Run(fmt.Sprintf("%s/%s/%s", shape, name, wayOf(opt)), func(t *testing.T) {
					c := newTrial(t, name)
					m, err := c.model()
					if err != nil {
						t.Fatal(err)
					}
					var next linalg.Matrix[float32]
					opt.Save = func(s State[float32]) error { next = s.Hidden.Clone(); return nil }
					pool := linalg.NewPool(2)
					opt.Sink = storing[float32](func(tensor string, w linalg.Matrix[float32]) error {
						if next.Rows > 0 {
							return nil // block 1
						}
						c.change(tensor, func(old linalg.Matrix[float32]) { linalg.Copy(old, w) })
						return nil
					})
					if _, err := Run(context.Background(), pool, shaped{m, change}, c.rows, opt); err != nil {
						t.Fatal(err)
					}
					if b := pool.InUse(); b != 0 {
						t.Errorf("%d bytes are not given back", b)
					}
					if m, err = c.model(); err != nil {
						t.Fatal(err)
					}
					b, err := shaped{m, change}.Block(0)
					if err != nil {
						t.Fatal(err)
					}
					var pass model.Pass[float32]
					at := 0
					for k, row := range c.rows {
						x := linalg.NewMatrix[float32](len(row), next.Cols)
						if err := m.Embed(row, 0, x); err != nil {
							t.Fatal(err)
						}
						pass.Block(nil, b, x, model.Sequences[float32]{Lengths: []int{x.Rows}}, nil)
						if d := furthest(x, next.Slice(at, at+x.Rows, 0, next.Cols)); d > 1e-4 {
							t.Fatalf("sample %d: the next block's input is off by %.1e", k, d)
						}
						at += x.Rows
					}
				})
			}
		}
	}
}

// furthest returns the largest difference, relative to the largest value.
func furthest(got, want linalg.Matrix[float32]) float64 {
	var d, size float64
	for i := range want.Rows {
		for j, w := range want.Row(i) {
			d = max(d, math.Abs(float64(got.At(i, j)-w)))
			size = max(size, math.Abs(float64(w)))
		}
	}
	return d / size
}

// TestExperts holds each expert's weights to those that the alternation makes of
// its own tokens.
func TestExperts(t *testing.T) {
	c := newTrial(t, "llama-micro")
	m, err := c.model()
	if err != nil {
		t.Fatal(err)
	}
	opt := options("sparsellm", 0.5, prune.Pattern{})
	opt.Only = regexp.MustCompile("mlp")
	opt.Allocate = "uniform"
	opt.End = 1
	stored := map[string]linalg.Matrix[float32]{}
	opt.Sink = keeping(stored)
	if _, err := Run(context.Background(), linalg.NewPool(2), shaped{m, withExperts}, c.rows, opt); err != nil {
		t.Fatal(err)
	}
	b, err := shaped{m, withExperts}.Block(0)
	if err != nil {
		t.Fatal(err)
	}
	tokens := 0
	for _, row := range c.rows {
		tokens += len(row)
	}
	in := linalg.NewMatrix[float32](tokens, m.Config().Hidden)
	var pass model.Pass[float32]
	at := 0
	for _, row := range c.rows {
		x := in.Slice(at, at+len(row), 0, in.Cols)
		if err := m.Embed(row, 0, x); err != nil {
			t.Fatal(err)
		}
		pass.Sublayers(nil, b, 0, 1, x, model.Sequences[float32]{Lengths: []int{x.Rows}}, nil)
		at += len(row)
	}
	x := linalg.NewMatrix[float32](in.Rows, in.Cols)
	b.Sublayers[1].Read(nil, x, in)
	if err := opt.Complete(m.Config()); err != nil {
		t.Fatal(err)
	}
	rows := b.Sublayers[1].Route(nil, x)
	for k, n := range b.Sublayers[1].Networks() {
		reach := rows[k]
		if len(reach) == 0 || len(reach) == tokens {
			t.Fatalf("%d of %d tokens reach expert %d", len(reach), tokens, k)
		}
		_, err := prune.SparseLLM(context.Background(), linalg.NewPool(2), prune.Problem[float32]{
			Net: &prune.FFN[float32]{Activation: "silu", Up: n.Up.Matrix(), Gate: n.Gate.Matrix(), Down: n.Down.Matrix()},
			X:   rowsAt(x, reach), Samples: len(c.rows), Spec: opt.Spec, Penalties: opt.Penalties, Epochs: opt.Epochs,
			Local: prune.NewLocal[float32](opt.Local),
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range append(n.First(), n.Down) {
			w, there := stored[l.Slot.Tensor]
			if !there {
				t.Fatalf("expert %d: %s is not stored", k, l.Slot)
			}
			if d := furthest(w, l.Matrix()); d > 1e-3 {
				t.Errorf("expert %d: %s differs by %.1e from what its own tokens make of it", k, l.Name, d)
			}
		}
	}
}

// TestParallelInput holds the Hessian of a parallel block's network to what the
// block's own input gives.
func TestParallelInput(t *testing.T) {
	c := newTrial(t, "opt-micro")
	m, err := c.model()
	if err != nil {
		t.Fatal(err)
	}
	parallel := func(_ model.Model[float32], _ int, b *model.Block[float32]) error { b.Parallel = true; return nil }
	var got linalg.Matrix[float32]
	opt := options("sparsellm", 0.5, prune.Pattern{})
	opt.Compat, opt.End = true, 1
	opt.Sink = nowhere[float32]()
	opt.Observe = func(_ int, s prune.Step[float32]) {
		if s.Name == "up.hessian" && got.Rows == 0 {
			got = s.Value.Clone()
		}
	}
	if _, err := Run(context.Background(), nil, shaped{m, parallel}, c.rows, opt); err != nil {
		t.Fatal(err)
	}
	if got.Rows == 0 {
		t.Fatal("no Hessian was observed")
	}
	b, err := m.Block(0)
	if err != nil {
		t.Fatal(err)
	}
	d := m.Config().Hidden
	want := linalg.NewMatrix[float32](d, d)
	for _, row := range c.rows {
		x := linalg.NewMatrix[float32](len(row), d)
		if err := m.Embed(row, 0, x); err != nil {
			t.Fatal(err)
		}
		b.Sublayers[1].Read(nil, x, x)
		linalg.Gemm(nil, linalg.Trans, linalg.NoTrans, 2/float32(len(c.rows)), x, x, 1, want)
	}
	for i := range d { // the lower triangle is what a Hessian holds
		clear(want.Row(i)[i+1:])
		clear(got.Row(i)[i+1:])
	}
	if off := furthest(got, want); off > 1e-5 {
		t.Errorf("the Hessian is off by %.1e", off)
	}
}

// TestExpertsAlike wants the zeros of a block's experts shared out alike where they
// are by error, whichever of them the tokens reach.
func TestExpertsAlike(t *testing.T) {
	ck, err := checkpoint.Open("../testdata/today/mixtral")
	if err != nil {
		t.Fatal(err)
	}
	defer ck.Close()
	m, err := arch.Open[float32](ck.Config(), ck)
	if err != nil {
		t.Fatal(err)
	}
	opt := everyWay(0.5, prune.Pattern{})[0]
	opt.Allocate, opt.Sink = "error", nowhere[float32]()
	reports, err := Run(context.Background(), linalg.NewPool(2), m, [][]int{{1, 2, 3}}, opt)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{}
	for _, r := range reports {
		if !strings.Contains(r.Name, "experts") {
			continue
		}
		role := fmt.Sprint(r.Block, r.Name[strings.LastIndexByte(r.Name, '.'):])
		if first, ok := want[role]; ok && math.Abs(first-r.Sparsity) > 0.01 {
			t.Errorf("%s of block %d has %.2f zeros, another %.2f", r.Name, r.Block, r.Sparsity, first)
		}
		want[role] = r.Sparsity
	}
	if len(want) == 0 {
		t.Error("there are no experts")
	}
}

// TestUnseenExperts wants experts that too few tokens reach pruned to their share
// by another method, and said to be, rather than emptied.
func TestUnseenExperts(t *testing.T) {
	ck, err := checkpoint.Open("../testdata/today/mixtral")
	if err != nil {
		t.Fatal(err)
	}
	defer ck.Close()
	m, err := arch.Open[float32](ck.Config(), ck)
	if err != nil {
		t.Fatal(err)
	}
	for _, opt := range everyWay(0.5, prune.Pattern{}) {
		for _, skip := range []string{"", "w2"} {
			opt.Allocate, opt.Sink = "uniform", nowhere[float32]()
			if skip != "" {
				opt.Skip = regexp.MustCompile(skip)
			}
			reports, err := Run(context.Background(), linalg.NewPool(2), m, [][]int{{1, 2, 3}}, opt)
			if err != nil {
				t.Fatalf("%s: %v", wayOf(opt), err)
			}
			for _, r := range reports {
				if expert := strings.Contains(r.Name, "experts"); expert != (r.Fallback != "") {
					t.Errorf("%s: %s of block %d falls back to %q", wayOf(opt), r.Name, r.Block, r.Fallback)
				} else if expert && math.Abs(r.Sparsity-0.5) > 0.01 {
					t.Errorf("%s: %s of block %d has %.2f zeros", wayOf(opt), r.Name, r.Block, r.Sparsity)
				}
			}
		}
	}
}
