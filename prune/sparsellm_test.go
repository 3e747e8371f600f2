package prune

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sparsellm/linalg"
)

// network returns a random network, gated or not, with inputs for it.
func network(rng *rand.Rand, gated bool) (*FFN[float64], linalg.Matrix[float64]) {
	return kind{testActivation(gated), gated}.network(rng)
}

// network returns a random network of a kind, with inputs for it.
func (k kind) network(rng *rand.Rand) (*FFN[float64], linalg.Matrix[float64]) {
	gated := k.gated
	const d, f, tokens = 16, 40, 700
	x, _ := correlated(rng, tokens, d)
	scale(x, 0.3)
	n := &FFN[float64]{Activation: k.activation, Up: randomMatrix(rng, f, d), Down: randomMatrix(rng, d, f)}
	if gated {
		n.Gate = randomMatrix(rng, f, d)
	} else {
		n.UpBias, n.DownBias = randomMatrix(rng, 1, f).Data, randomMatrix(rng, 1, d).Data
	}
	return n, x
}

func problem(n *FFN[float64], x linalg.Matrix[float64], s Spec) Problem[float64] {
	return Problem[float64]{Net: n.clone(nil), X: x, Samples: 7, Spec: s, Penalties: Penalties{1, 1, 1}, Epochs: 4}
}

// outputError returns ‖f(X) − g(X)‖²/‖f(X) − b₂‖², computed from the networks
// themselves.
func outputError(dense, pruned *FFN[float64], x linalg.Matrix[float64]) float64 {
	run := func(n *FFN[float64]) linalg.Matrix[float64] {
		z, s := linalg.NewMatrix[float64](x.Rows, n.Up.Rows), linalg.Matrix[float64]{}
		affine(nil, z, x, n.Up, n.UpBias)
		if n.gated() {
			s = linalg.NewMatrix[float64](x.Rows, n.Up.Rows)
			affine(nil, s, x, n.Gate, n.GateBias)
		}
		activate(n, z, z, s)
		y := linalg.NewMatrix[float64](x.Rows, n.Down.Rows)
		affine(nil, y, z, n.Down, nil)
		return y
	}
	want, got := run(dense), run(pruned)
	energy := dot(nil, want, want)
	for i := range want.Data {
		want.Data[i] -= got.Data[i]
	}
	return dot(nil, want, want) / energy
}

func TestSparseLLMIsNoWorseThanSparseGPT(t *testing.T) {
	for _, k := range kinds() {
		rng := rand.New(rand.NewPCG(21, 22))
		n, correlated := k.network(rng)
		noWorse(t, k, n, correlated)
		noWorse(t, k, n, randomMatrix(rng, correlated.Rows, correlated.Cols))
	}
}

func noWorse(t *testing.T, k kind, n *FFN[float64], x linalg.Matrix[float64]) {
	t.Helper()
	for _, s := range []Spec{spec(0.5, Pattern{}), spec(0.8, Pattern{}), spec(0, Pattern{2, 4})} {
		p := problem(n, x, s)
		out, err := SparseLLM(context.Background(), linalg.NewPool(2), p)
		if err != nil {
			t.Fatal(err)
		}
		got, gpt := out.Final, out.Objective[0]
		if !(got < gpt) {
			t.Errorf("%v, %+v: objectives %v, %v in the end", k, s, out.Objective, got)
		}
		if e := outputError(n, p.Net, x); math.Abs(e-got) > 1e-9 {
			t.Errorf("%v, %+v: the kept network's error is %v, not the %v reported", k, s, e, got)
		}
		// The first epoch must be what pruning each matrix for itself gives.
		alone := problem(n, x, s)
		alone.Epochs = 1
		if _, err := SparseLLM(context.Background(), nil, alone); err != nil {
			t.Fatal(err)
		}
		if e := outputError(n, alone.Net, x); math.Abs(e-gpt) > 1e-9 {
			t.Errorf("%v, %+v: one epoch has error %v, the first of several %v", k, s, e, gpt)
		}
		zeros := 0
		for _, v := range p.Net.Down.Data {
			if v == 0 {
				zeros++
			}
		}
		if share := float64(zeros) / float64(len(p.Net.Down.Data)); math.Abs(share-s.Target()) > 0.01 {
			t.Errorf("%v, %+v: the last matrix has %v zeros", k, s, share)
		}
	}
}

// TestStepsLowerTheObjective holds the p, z and s steps to what they are: none
// may raise α‖z − m‖² + α‖s − m_g‖² + γ‖p − φ‖² + β‖Y − W₂p‖².
func TestStepsLowerTheObjective(t *testing.T) {
	for _, k := range kinds() {
		gated := k.gated
		rng := rand.New(rand.NewPCG(31, 32))
		n, x := k.network(rng)
		p := problem(n, x, spec(0.6, Pattern{}))
		p.Penalties = Penalties{Alpha: 0.7, Beta: 1.3, Gamma: 2.1}
		a, _, err := newAlternation(nil, p, p.Net, true)
		if err != nil {
			t.Fatal(err)
		}
		// Another network than the dense one, so that there is something to do.
		for _, w := range []linalg.Matrix[float64]{a.net.Up, a.net.Gate, a.net.Down} {
			for i := range w.Data {
				w.Data[i] += 0.3 * rng.NormFloat64()
			}
		}
		f := n.Up.Rows
		m, g := linalg.NewMatrix[float64](x.Rows, f), linalg.Matrix[float64]{}
		affine(nil, m, x, a.net.Up, a.net.UpBias)
		if gated {
			g = linalg.NewMatrix[float64](x.Rows, f)
			affine(nil, g, x, a.net.Gate, nil)
		}
		cost := func(p linalg.Matrix[float64]) float64 {
			phi := linalg.NewMatrix[float64](x.Rows, f)
			activate(n, phi, a.z.all, a.s.all)
			y := linalg.NewMatrix[float64](x.Rows, n.Down.Rows)
			affine(nil, y, p, a.net.Down, nil)
			c := 0.7*sqDistance(a.z.all, m) + 2.1*sqDistance(p, phi) + 1.3*sqDistance(a.y, y)
			if gated {
				c += 0.7 * sqDistance(a.s.all, g)
			}
			return c
		}
		act := linalg.NewMatrix[float64](x.Rows, f)
		activate(n, act, a.z.all, a.s.all)
		before := cost(act)
		u, err := a.exactSteps()
		if err != nil {
			t.Fatal(err)
		}
		check := func(name string, step func(chunk[float64])) {
			for c := range a.auxiliaryChunks(x.Rows, true, false) {
				end := c.token + c.x.Rows
				c.p, c.m = act.Slice(c.token, end, 0, f), preactivations[float64]{up: m.Slice(c.token, end, 0, f)}
				if gated {
					c.m.gate = g.Slice(c.token, end, 0, f)
				}
				step(c)
			}
			now := cost(act)
			if !(now < before) {
				t.Errorf("%v: the %s step takes the objective from %v to %v", k, name, before, now)
			}
			before = now
		}
		check("p", u.p)
		check("z", u.z)
		if gated {
			check("s", u.s)
		}
	}
}

func sqDistance(a, b linalg.Matrix[float64]) (s float64) {
	for i := range a.Rows {
		for j, v := range a.Row(i) {
			d := v - b.At(i, j)
			s += d * d
		}
	}
	return s
}

// TestThreadsDoNotMatter: the same bits for any number of them.
func TestThreadsDoNotMatter(t *testing.T) {
	for _, k := range kinds() {
		rng := rand.New(rand.NewPCG(41, 42))
		n64, x64 := k.network(rng)
		x := linalg.Convert[float32](nil, x64)
		var want *FFN[float32]
		for _, threads := range []int{1, 2, 5} {
			n := &FFN[float32]{Activation: k.activation, Up: linalg.Convert[float32](nil, n64.Up), Down: linalg.Convert[float32](nil, n64.Down)}
			if k.gated {
				n.Gate = linalg.Convert[float32](nil, n64.Gate)
			}
			p := Problem[float32]{Net: n, X: x, Samples: 7, Spec: spec(0.7, Pattern{}), Penalties: Penalties{1, 1, 1}, Epochs: 4}
			if _, err := SparseLLM(context.Background(), linalg.NewPool(threads), p); err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = n
				continue
			}
			for i, v := range n.Down.Data {
				if v != want.Down.Data[i] {
					t.Fatalf("%v: weight %d differs with %d threads", k, i, threads)
				}
			}
		}
	}
}

// TestLocalMethodsWithin: whatever prunes the matrices, and with tokens held
// out or not, the result is never worse than SparseGPT's, which the first
// epoch is in any case; and what is reported is what there is.
func TestLocalMethodsWithin(t *testing.T) {
	for _, gated := range []bool{false, true} {
		n, x := network(rand.New(rand.NewPCG(71, 72)), gated)
		for name, method := range solvers[float64]() {
			for _, s := range []Spec{spec(0.7, Pattern{}), spec(0, Pattern{2, 4})} {
				for _, held := range []int{0, 130} {
					p := problem(n, x, s)
					swept := problem(n, x, s)
					p.Local, p.Held, swept.Held = method, held, held
					out, err := SparseLLM(context.Background(), linalg.NewPool(2), p)
					if err != nil {
						t.Fatal(err)
					}
					by, err := SparseLLM(context.Background(), nil, swept)
					if err != nil {
						t.Fatal(err)
					}
					if out.Objective[0] != by.Objective[0] || !(out.Final < out.Objective[0]) {
						t.Errorf("%s, gated %v, %v %v, %d held out: objectives %v, in the end %v; by sweeps %v",
							name, gated, s.Sparsity, s.Pattern, held, out.Objective, out.Final, by.Objective)
					}
					if e := outputError(n, p.Net, x); math.Abs(e-out.Final) > 1e-9 {
						t.Errorf("%s, gated %v: the network's error is %v, not %v", name, gated, e, out.Final)
					}
					if want := min(held, 1) * len(out.Objective); len(out.Held) != want {
						t.Errorf("%s, gated %v: %d errors on the tokens held out, want %d", name, gated, len(out.Held), want)
					}
					for e, v := range out.Held {
						if v < out.Held[out.Kept] && out.Objective[e] <= out.Objective[0] {
							t.Errorf("%s, gated %v: epoch %d is kept, but of %v another is better", name, gated, out.Kept, out.Held)
						}
					}
				}
			}
		}
	}
}

// TestHeldOutTokensAreNotFitted: what they are changes no weight of an epoch,
// only which epoch is kept and the last fit.
func TestHeldOutTokensAreNotFitted(t *testing.T) {
	const held = 130
	n, x := network(rand.New(rand.NewPCG(81, 82)), true)
	other := x.Clone()
	for i := range held {
		for j := range x.Cols {
			other.Row(x.Rows - 1 - i)[j] *= 3
		}
	}
	var seen [2][][]float64
	for k, x := range []linalg.Matrix[float64]{x, other} {
		p := problem(n, x, spec(0.6, Pattern{}))
		p.Held, p.Epochs = held, 2
		p.Observe = func(s Step[float64]) {
			if s.Name == "up.pruned" || s.Name == "down.pruned" {
				seen[k] = append(seen[k], s.Value.Clone().Data)
			}
		}
		if _, err := SparseLLM(context.Background(), nil, p); err != nil {
			t.Fatal(err)
		}
	}
	if len(seen[0]) != 3 || len(seen[1]) != 3 {
		t.Fatalf("%d and %d prunings, want 3", len(seen[0]), len(seen[1]))
	}
	for i := range seen[0] {
		if !slices.Equal(seen[0][i], seen[1][i]) {
			t.Errorf("pruning %d of 3 depends on the tokens that are held out", i)
		}
	}
}

// All that an alternation takes of a pool's memory it gives back, whichever
// epoch it keeps.
func TestAlternationGivesBack(t *testing.T) {
	pool := linalg.NewPool(2)
	rng := rand.New(rand.NewPCG(31, 2))
	for _, gated := range []bool{false, true} {
		n, x := network(rng, gated)
		for epochs := 1; epochs <= 5; epochs++ {
			for _, held := range []int{0, 100} {
				prob := problem(n, x, spec(0.6, Pattern{}))
				prob.Epochs, prob.Held = epochs, held
				if epochs%2 == 0 {
					prob.Trace = func(Change) {}
				}
				out, err := SparseLLM(context.Background(), pool, prob)
				if err != nil {
					t.Fatal(err)
				}
				out.GiveBack(pool)
				if b := pool.InUse(); b != 0 {
					t.Fatalf("gated %v, %d epochs, %d tokens held out, kept %d: %d bytes are not given back", gated, epochs, held, out.Kept, b)
				}
			}
			keep := spec(0.6, Pattern{})
			keep.KeepMask = true
			prob := problem(n, x, keep)
			prob.Epochs, prob.Trace = epochs, func(Change) {}
			out, err := Released(context.Background(), pool, prob)
			if err != nil {
				t.Fatal(err)
			}
			out.GiveBack(pool)
			if b := pool.InUse(); b != 0 {
				t.Fatalf("released, gated %v, %d epochs: %d bytes are not given back", gated, epochs, b)
			}
		}
	}
}

// failing is a context and a storage of an auxiliary variable that fail, or an
// observer that panics, once they have been asked so many times.
type failing struct {
	context.Context
	left *int
	all  linalg.Matrix[float64]
}

func (f failing) now() bool {
	*f.left--
	return *f.left < 0
}

func (f failing) Err() error {
	if f.now() {
		return context.Canceled
	}
	return nil
}

func (f failing) Load(token int, dst linalg.Matrix[float64]) error {
	linalg.Copy(dst, f.all.Slice(token, token+dst.Rows, 0, dst.Cols))
	return f.Err()
}

func (f failing) Save(token int, src linalg.Matrix[float64]) error {
	linalg.Copy(f.all.Slice(token, token+src.Rows, 0, src.Cols), src)
	return f.Err()
}

// TestFailedAlternationGivesBack fails alternations at every occasion: each must
// give back what it has taken.
func TestFailedAlternationGivesBack(t *testing.T) {
	rng := rand.New(rand.NewPCG(41, 2))
	pool := linalg.NewPool(2)
	n, x := network(rng, true)
	x = x.Slice(0, 60, 0, x.Cols)
	spoilt := x.Clone()
	spoilt.Set(3, 2, math.NaN())
	methods := solvers[float64]()
	methods["sweep"], methods["released"] = nil, nil
	// fails reports whether an alternation does, and looks at the pool.
	fails := func(what string, ctx context.Context, p Problem[float64]) (failed bool) {
		defer func() {
			failed = recover() != nil || failed
			if b := pool.InUse(); b != 0 {
				t.Fatalf("%s: %d bytes are not given back", what, b)
			}
		}()
		run := SparseLLM[float64]
		if strings.HasPrefix(what, "released") {
			run = Released[float64]
		}
		out, err := run(ctx, pool, p)
		if err == nil {
			out.GiveBack(pool)
		}
		return err != nil
	}
	for name, m := range methods {
		base := problem(n, x, spec(0.6, Pattern{}))
		base.Local, base.Spec.KeepMask = m, true
		for kind, prepare := range map[string]func(p *Problem[float64], f failing) context.Context{
			"cancelled": func(_ *Problem[float64], f failing) context.Context { return f },
			"storage": func(p *Problem[float64], f failing) context.Context {
				p.Storage = func(tokens, features int) (Storage[float64], error) {
					f.all = linalg.NewMatrix[float64](tokens, features)
					return f, f.Err()
				}
				return context.Background()
			},
			"panic": func(p *Problem[float64], f failing) context.Context {
				p.Observe = func(Step[float64]) {
					if f.now() {
						panic("in an observer")
					}
				}
				return context.Background()
			},
		} {
			left := 0
			for ; ; left++ {
				p, k := base, left
				p.Net = n.clone(nil)
				ctx := prepare(&p, failing{Context: context.Background(), left: &k})
				if !fails(fmt.Sprintf("%s, %s on occasion %d", name, kind, left), ctx, p) {
					break
				}
			}
			if left < 3 {
				t.Errorf("%s, %s: %d occasions to fail", name, kind, left)
			}
		}
		p := base
		p.Net, p.X = n.clone(nil), spoilt
		if !fails(name+" of what is not finite", context.Background(), p) {
			t.Errorf("%s prunes for a NaN", name)
		}
	}
	p := problem(n, x.Slice(0, 3, 0, x.Cols), spec(0.6, Pattern{}))
	p.Spec.Damping = 0
	if !fails("released, of few tokens", context.Background(), p) {
		t.Error("the released code factors a singular Hessian")
	}
}
