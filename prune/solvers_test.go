package prune

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"

	"sparsellm/linalg"
)

// solvers are the methods that solve for the mask and the weights together.
func solvers[T linalg.Float]() map[string]Method[T] {
	return map[string]Method[T]{"admm": ADMM[T]{}, "alps": ALPS[T]{}, "swaps": Swaps[T]{}}
}

var solverSpecs = []Spec{
	spec(0.5, Pattern{}), spec(0.7, Pattern{}), spec(0.9, Pattern{}),
	spec(0, Pattern{2, 4}), spec(0, Pattern{1, 4}), spec(0, Pattern{4, 8}),
}

func inPrecision[T linalg.Float](h *Hessian[float64]) *Hessian[T] {
	return hessianOf(linalg.Convert[T](nil, h.Matrix(nil)))
}

// TestSolversBeatTheSweep holds the order of magnitude, Wanda, SparseGPT and
// each solver, of the error that they all set out to lower.
func TestSolversBeatTheSweep(t *testing.T) {
	t.Run("float64", solversBeatTheSweep[float64])
	t.Run("float32", solversBeatTheSweep[float32])
}

func solversBeatTheSweep[T linalg.Float](t *testing.T) {
	for seed := range uint64(3) {
		rng := rand.New(rand.NewPCG(seed, 1))
		_, h64 := correlated(rng, 400, 64)
		h := inPrecision[T](h64)
		dense := linalg.Convert[T](nil, randomMatrix(rng, 32, 64))
		for _, s := range solverSpecs {
			fail := func(m Method[T]) float64 {
				w := dense.Clone()
				if err := m.Prune(nil, w, h, s); err != nil {
					t.Fatal(err)
				}
				return h.Error(nil, w, dense)
			}
			magnitude, wanda, sweep := fail(Magnitude[T]{}), fail(Wanda[T]{}), fail(SparseGPT[T]{})
			for name, m := range solvers[T]() {
				if e := fail(m); !(e < sweep && e < wanda && e < magnitude) {
					t.Errorf("seed %d, %v %v: %s leaves %.4f, sparsegpt %.4f, wanda %.4f, magnitude %.4f",
						seed, s.Sparsity, s.Pattern, name, e, sweep, wanda, magnitude)
				}
			}
		}
	}
}

// TestSolversReachTheirSparsity: ADMM and ALPS zero the share of the matrix to
// the weight, swaps keep what the sweep zeroes of each row, and all zero a
// pattern's share of each group.
func TestSolversReachTheirSparsity(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const rows, cols = 11, 48
	_, h := correlated(rng, 200, cols)
	dense := randomMatrix(rng, rows, cols)
	zerosOf := func(w []float64) (n int) {
		for _, v := range w {
			if v == 0 {
				n++
			}
		}
		return n
	}
	for _, s := range append(solverSpecs, spec(0.513, Pattern{}), spec(0, Pattern{4, 4})) {
		swept := dense.Clone()
		if err := (SparseGPT[float64]{}).Prune(nil, swept, h, s); err != nil {
			t.Fatal(err)
		}
		for name, m := range solvers[float64]() {
			w := dense.Clone()
			if err := m.Prune(nil, w, h, s); err != nil {
				t.Fatal(err)
			}
			for i := range rows {
				if name == "swaps" && zerosOf(w.Row(i)) != zerosOf(swept.Row(i)) {
					t.Errorf("swaps %v %v: row %d has %d zeros, the sweep's %d", s.Sparsity, s.Pattern, i, zerosOf(w.Row(i)), zerosOf(swept.Row(i)))
				}
				for g := 0; s.Pattern.Structured() && g < cols; g += s.Pattern.Of {
					if n := zerosOf(w.Row(i)[g : g+s.Pattern.Of]); n != s.Pattern.zeros() {
						t.Errorf("%s %v: row %d has %d zeros in the group from %d", name, s.Pattern, i, n, g)
					}
				}
			}
			if n := zerosOf(w.Data); name != "swaps" && n != int(s.Target()*rows*cols) {
				t.Errorf("%s %v %v: %d zeros of %d", name, s.Sparsity, s.Pattern, n, rows*cols)
			}
		}
	}
}

// TestSolversLeaveDenseWeights: no zeros asked for, nothing done.
func TestSolversLeaveDenseWeights(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	_, h := correlated(rng, 60, 16)
	dense := randomMatrix(rng, 4, 16)
	for name, m := range solvers[float64]() {
		for _, s := range []Spec{spec(0, Pattern{}), spec(0, Pattern{4, 4})} {
			w := dense.Clone()
			if err := m.Prune(nil, w, h, s); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(w.Data, dense.Data) {
				t.Errorf("%s changes weights though none is to be zeroed", name)
			}
		}
		s := spec(0.5, Pattern{})
		s.Bits = 4
		if err := m.Prune(nil, dense.Clone(), h, s); err == nil {
			t.Errorf("%s pretends to quantise", name)
		}
		if err := m.Prune(nil, randomMatrix(rng, 4, 15), h, spec(0, Pattern{2, 4})); err == nil {
			t.Errorf("%s takes 15 columns for groups of 4", name)
		}
		bad := linalg.NewMatrix[float64](16, 16)
		bad.Set(3, 3, math.NaN())
		if err := m.Prune(nil, dense.Clone(), hessianOf(bad), spec(0.5, Pattern{})); err == nil {
			t.Errorf("%s: a NaN in the Hessian went unnoticed", name)
		}
	}
}

// TestSolversAreIdempotent: a matrix that has its zeros keeps them, and its
// weights to rounding. A sweep without a pattern zeroes a share of every block
// of columns, which swaps inherit.
func TestSolversAreIdempotent(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	_, h := correlated(rng, 300, 40)
	dense := randomMatrix(rng, 9, 40)
	for name, m := range solvers[float64]() {
		for _, s := range solverSpecs {
			if name == "swaps" && !s.Pattern.Structured() {
				continue
			}
			once := dense.Clone()
			if err := m.Prune(nil, once, h, s); err != nil {
				t.Fatal(err)
			}
			twice := once.Clone()
			if err := m.Prune(nil, twice, h, s); err != nil {
				t.Fatal(err)
			}
			if d, masks := distance(twice, once); d > 1e-9 || masks > 0 {
				t.Errorf("%s %v %v: pruning twice moves %d zeros, and weights by %g", name, s.Sparsity, s.Pattern, masks, d)
			}
		}
	}
}

// TestSolversSymmetries: threads change no bit; the order of rows and the
// scale of the input change nothing but rounding.
func TestSolversSymmetries(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	const rows, cols = 13, 96
	x, h := correlated(rng, 300, cols)
	dense := randomMatrix(rng, rows, cols)
	scaled := x.Clone()
	scale(scaled, 8)
	reversed := linalg.NewMatrix[float64](rows, cols)
	for i := range rows {
		copy(reversed.Row(i), dense.Row(rows-1-i))
	}
	for name, m := range solvers[float64]() {
		for _, s := range []Spec{spec(0.6, Pattern{}), spec(0, Pattern{2, 4})} {
			run := func(pool *linalg.Pool, w linalg.Matrix[float64], h *Hessian[float64]) linalg.Matrix[float64] {
				w = w.Clone()
				if err := m.Prune(pool, w, h, s); err != nil {
					t.Fatal(err)
				}
				return w
			}
			want := run(nil, dense, h)
			if !slices.Equal(run(linalg.NewPool(3), dense, h).Data, want.Data) {
				t.Errorf("%s %v: three threads give other bits", name, s.Pattern)
			}
			if d, masks := distance(run(nil, dense, inputHessian(nil, scaled, 1)), want); d > 1e-9 || masks > 0 {
				t.Errorf("%s %v: scaling the input moves %d zeros, and weights by %g", name, s.Pattern, masks, d)
			}
			back := run(nil, reversed, h)
			for i := range rows {
				for j, v := range back.Row(rows - 1 - i) {
					if math.Abs(v-want.At(i, j)) > 1e-9 {
						t.Fatalf("%s %v: row %d changes with the order of rows", name, s.Pattern, i)
					}
				}
			}
		}
	}
}

// TestSolversOnPoorHessians: dead features, fewer tokens than features without
// damping, and no input at all.
func TestSolversOnPoorHessians(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	x, _ := correlated(rng, 12, 20)
	for i := range x.Rows {
		x.Set(i, 4, 0)
		x.Set(i, 11, 0)
	}
	for name, m := range solvers[float64]() {
		for _, s := range []Spec{spec(0.5, Pattern{}), spec(0, Pattern{2, 4})} {
			s.Damping = 0
			for what, h := range map[string]*Hessian[float64]{
				"dead": inputHessian(nil, x, 1), "nothing": hessianOf(linalg.NewMatrix[float64](20, 20)),
			} {
				dense := randomMatrix(rng, 5, 20)
				w := dense.Clone()
				if err := m.Prune(nil, w, h, s); err != nil {
					t.Fatalf("%s, %s: %v", name, what, err)
				}
				for i := range w.Rows {
					if w.At(i, 4) != 0 || w.At(i, 11) != 0 {
						t.Errorf("%s, %s: row %d keeps the weight of a dead feature", name, what, i)
					}
					for j, v := range w.Row(i) {
						if math.IsNaN(v) || math.IsInf(v, 0) {
							t.Errorf("%s, %s: weight (%d, %d) is %v", name, what, i, j, v)
						}
					}
				}
				if e := h.Error(nil, w, dense); !(e >= 0 && e < 1) {
					t.Errorf("%s, %s: error %g", name, what, e)
				}
			}
		}
	}
}

// TestRefitLowersEveryRow: and leaves the support.
func TestRefitLowersEveryRow(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	_, h := correlated(rng, 200, 40)
	w := randomMatrix(rng, 8, 40)
	p, err := newReconstruction(nil, w, h, spec(0.5, Pattern{}))
	if err != nil {
		t.Fatal(err)
	}
	if err := (SparseGPT[float64]{}).Prune(nil, w, h, spec(0.5, Pattern{})); err != nil {
		t.Fatal(err)
	}
	before := w.Clone()
	p.refit(nil, w)
	r0, r1 := p.residual(nil, before), p.residual(nil, w)
	for i := range w.Rows {
		if was, is := p.rowError(i, before.Row(i), r0.Row(i)), p.rowError(i, w.Row(i), r1.Row(i)); is >= was {
			t.Errorf("row %d: error %g, was %g", i, is, was)
		}
	}
	if _, masks := distance(w, before); masks > 0 {
		t.Errorf("a refit changes %d places of the mask", masks)
	}
}

// TestSplittingStepIsStationary: B of a step is where the gradient of what it
// minimises, (B − W₀)H + ρ(B − D + U), vanishes.
func TestSplittingStepIsStationary(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	_, h := correlated(rng, 100, 24)
	w := randomMatrix(rng, 6, 24)
	p, err := newReconstruction(nil, w, h, spec(0.5, Pattern{}))
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSplitting(nil, p, 0.7)
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		s.mask.smallest(nil, s.v, Pattern{}, 0.5)
		v := s.v.Clone()
		s.step(nil)
		b, d, u := s.v.Clone(), v.Clone(), v.Clone()
		for i := range v.Rows {
			for j, zeroed := range s.mask.row(i) {
				if zeroed {
					d.Set(i, j, 0)
				} else {
					u.Set(i, j, 0)
				}
				b.Set(i, j, s.v.At(i, j)-u.At(i, j))
			}
		}
		grad := s.residual(nil, b)
		for i := range grad.Rows {
			for j, r := range grad.Row(i) {
				if g := s.rho*(b.At(i, j)-d.At(i, j)+u.At(i, j)) - r; math.Abs(g) > 1e-10 {
					t.Fatalf("gradient (%d, %d) is %g", i, j, g)
				}
			}
		}
	}
}

// TestPenaltyKeepsMultipliers: a change of ρ leaves D and ρU.
func TestPenaltyKeepsMultipliers(t *testing.T) {
	rng := rand.New(rand.NewPCG(27, 28))
	_, h := correlated(rng, 60, 12)
	p, err := newReconstruction(nil, randomMatrix(rng, 3, 12), h, spec(0.5, Pattern{}))
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSplitting(nil, p, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	s.mask.smallest(nil, s.v, Pattern{}, 0.5)
	before := s.v.Clone()
	if err := s.penalise(nil, 2); err != nil {
		t.Fatal(err)
	}
	for k, zeroed := range s.mask.zeroed {
		want := before.Data[k]
		if zeroed {
			want /= 4
		}
		if s.v.Data[k] != want {
			t.Errorf("V[%d] is %g, was %g, zeroed %v", k, s.v.Data[k], before.Data[k], zeroed)
		}
	}
}

// TestSolversFinish: the weights that the solvers return are all but the best
// on their supports, swaps better the refitted sweep that they begin with, and
// of the two splittings the one with a growing penalty comes out lower.
func TestSolversFinish(t *testing.T) {
	for _, s := range solverSpecs {
		rng := rand.New(rand.NewPCG(25, 26))
		_, h := correlated(rng, 400, 96)
		dense := randomMatrix(rng, 32, 96)
		s.BlockSize = 48
		errs := map[string]float64{}
		for name, m := range solvers[float64]() {
			w := dense.Clone()
			p, err := newReconstruction(nil, w, h, s)
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Prune(nil, w, h, s); err != nil {
				t.Fatal(err)
			}
			errs[name] = p.totalError(w)
			best := w.Clone()
			linalg.LeastSquaresOnSupport(nil, p.h, p.residual(nil, best), best, 0)
			if least := p.totalError(best); errs[name] > 1.02*least {
				t.Errorf("%v %v: %s is %.1f%% above the best on its support", s.Sparsity, s.Pattern, name, 100*(errs[name]/least-1))
			}
		}
		w := dense.Clone()
		p, err := newReconstruction(nil, w, h, s)
		if err != nil {
			t.Fatal(err)
		}
		if err := (SparseGPT[float64]{}).Prune(nil, w, h, s); err != nil {
			t.Fatal(err)
		}
		p.refit(nil, w)
		if e := p.totalError(w); errs["swaps"] > 0.97*e {
			t.Errorf("%v %v: swaps leave %g of the refitted sweep's error", s.Sparsity, s.Pattern, errs["swaps"]/e)
		}
		if errs["alps"] >= errs["admm"] {
			t.Errorf("%v %v: alps leaves %g of admm's error", s.Sparsity, s.Pattern, errs["alps"]/errs["admm"])
		}
	}
}

func (p *reconstruction[T]) totalError(w linalg.Matrix[T]) (e float64) {
	r := p.residual(nil, w)
	for i := range w.Rows {
		e += p.rowError(i, w.Row(i), r.Row(i))
	}
	return e
}

// TestSwapsAreTheBest compares each swap of a row with all that there are, by
// the errors before and after it, computed anew.
func TestSwapsAreTheBest(t *testing.T) {
	for _, pattern := range []Pattern{{}, {2, 4}, {3, 8}} {
		rng := rand.New(rand.NewPCG(17, 18))
		const cols = 24
		_, h := correlated(rng, 90, cols)
		w := randomMatrix(rng, 15, cols)
		s := spec(0.6, pattern)
		p, err := newReconstruction(nil, w, h, s)
		if err != nil {
			t.Fatal(err)
		}
		unit, norms := p.normalised(nil)
		if err := (Wanda[float64]{}).Prune(nil, w, h, s); err != nil {
			t.Fatal(err)
		}
		scaleColumns(w, norms)
		r, near := unit.residual(nil, w), newNeighbours(nil, unit.h)
		fresh := func(i int, w []float64) (float64, []float64) {
			one := linalg.MatrixOf(1, cols, w)
			sub := reconstruction[float64]{dense: unit.dense.Slice(i, i+1, 0, cols), h: unit.h}
			r := sub.residual(nil, one).Row(0)
			return sub.rowError(0, w, r), r
		}
		swaps := 0
		for i := range w.Rows {
			row := rowSwaps[float64]{h: unit.h, near: near, pattern: pattern, w: w.Row(i), r: r.Row(i)}
			for {
				was, _ := fresh(i, row.w)
				most := 0.0 // by any swap
				for u := range cols {
					for v := range cols {
						if row.w[u] == 0 || row.w[v] != 0 || pattern.Structured() && u/pattern.Of != v/pattern.Of {
							continue
						}
						try := slices.Clone(row.w)
						try[u] = 0
						_, r := fresh(i, try)
						try[v] = r[v]
						e, _ := fresh(i, try)
						most = max(most, was-e)
					}
				}
				best := row.best()
				if math.Abs(best.fall-most) > 1e-9*was {
					t.Fatalf("%v, row %d: the best swap lowers the error by %g, %g is possible", pattern, i, best.fall, most)
				}
				if best.fall < 1e-9*was {
					break
				}
				row.apply(best)
				swaps++
				is, _ := fresh(i, row.w)
				if math.Abs(was-is-best.fall) > 1e-9*was || is >= was {
					t.Fatalf("%v, row %d: a swap lowers the error by %g, said to by %g", pattern, i, was-is, best.fall)
				}
			}
		}
		if swaps < 10 {
			t.Errorf("%v: only %d swaps were tested", pattern, swaps)
		}
	}
}

// TestSelection compares with sorting, ties included.
func TestSelection(t *testing.T) {
	rng := rand.New(rand.NewPCG(19, 20))
	const rows, cols = 9, 24
	for round := range 200 {
		w := randomMatrix(rng, rows, cols)
		for i := range w.Data {
			switch round % 4 {
			case 1:
				w.Data[i] = math.Round(2 * w.Data[i]) // ties, zeros
			case 2:
				w.Data[i] *= math.Exp(60 * rng.NormFloat64())
			case 3:
				w.Data[i] = 1
			}
		}
		p := []Pattern{{}, {2, 4}, {1, 3}, {7, 8}}[rng.IntN(4)]
		target := rng.Float64()
		if p.Structured() {
			target = float64(p.zeros()) / float64(p.Of)
		}
		share := target * []float64{0, 0.3, 1}[rng.IntN(3)]
		order := make([]int, 0, rows*cols) // candidates
		byScore := func(x []int) func(a, b int) bool {
			return func(a, b int) bool { return math.Abs(w.Data[x[a]]) < math.Abs(w.Data[x[b]]) }
		}
		for k := range w.Data {
			order = append(order, k)
		}
		if p.Structured() {
			all := order
			order = nil
			for g := 0; g < len(all); g += p.Of {
				group := slices.Clone(all[g : g+p.Of])
				sort.SliceStable(group, byScore(group))
				group = group[:p.zeros()]
				slices.Sort(group)
				order = append(order, group...)
			}
		}
		sort.SliceStable(order, byScore(order))
		want := make([]bool, rows*cols)
		for _, k := range order[:int(share*rows*cols*(1+1e-12))] {
			want[k] = true
		}
		for _, counts := range [][]uint32{nil, make([]uint32, 1<<keyBits)} { // of few, and of many
			s := newSelection[float64](rows, cols)
			s.counts = counts
			s.smallest(nil, w, p, share)
			if !slices.Equal(s.zeroed, want) {
				t.Fatalf("round %d, %v, share %g: other weights are chosen than by sorting", round, p, share)
			}
		}
	}
}

// TestSelectionRounds: 3/11 of 55 is 15, if not in floating point.
func TestSelectionRounds(t *testing.T) {
	p := Pattern{8, 11}
	s := newSelection[float32](1, 55)
	s.smallest(nil, linalg.NewMatrix[float32](1, 55), p, Spec{Pattern: p}.Target())
	n := 0
	for _, zeroed := range s.zeroed {
		if zeroed {
			n++
		}
	}
	if n != 15 {
		t.Errorf("%d of 55 weights are zeroed for %v", n, p)
	}
}

func BenchmarkMethods(b *testing.B) {
	rng := rand.New(rand.NewPCG(21, 22))
	methods := solvers[float32]()
	methods["sparsegpt"] = SparseGPT[float32]{}
	for _, size := range [][2]int{{1536, 576}, {576, 1536}} {
		rows, cols := size[0], size[1]
		_, h64 := correlated(rng, 4096, cols)
		matrix := linalg.Convert[float32](nil, h64.Matrix(nil))
		dense := linalg.Convert[float32](nil, randomMatrix(rng, rows, cols))
		for _, s := range []Spec{spec(0.5, Pattern{}), spec(0.7, Pattern{}), spec(0, Pattern{2, 4})} {
			s.BlockSize = 128
			for _, name := range []string{"sparsegpt", "admm", "alps", "swaps"} {
				b.Run(fmt.Sprintf("%dx%d/%v%v/%s", rows, cols, s.Sparsity, s.Pattern, name), func(b *testing.B) {
					var w linalg.Matrix[float32]
					h := hessianOf(matrix)
					for b.Loop() {
						h.factor = nil // as for a first matrix
						w = dense.Clone()
						if err := methods[name].Prune(nil, w, h, s); err != nil {
							b.Fatal(err)
						}
					}
					b.ReportMetric(100*h.Error(nil, w, dense), "%error")
				})
			}
		}
	}
}

// TestMethodsGiveBack: what a method takes of a pool's memory it gives back, but
// for the factor that the Hessian keeps, also if it fails.
func TestMethodsGiveBack(t *testing.T) {
	rng := rand.New(rand.NewPCG(29, 30))
	x, _ := correlated(rng, 60, 24)
	bad := x.Clone()
	bad.Set(1, 2, math.Inf(1))
	methods := solvers[float64]()
	methods["magnitude"], methods["wanda"], methods["sparsegpt"] = Magnitude[float64]{}, Wanda[float64]{}, SparseGPT[float64]{}
	few, narrow := spec(0.5, Pattern{}), spec(0, Pattern{Keep: 2, Of: 5})
	few.Bits, few.KeepMask = 4, true
	for name, m := range methods {
		for what, c := range map[string]struct {
			x linalg.Matrix[float64]
			s Spec
		}{"share": {x, spec(0.5, Pattern{})}, "pattern": {x, spec(0, Pattern{2, 4})}, "Inf": {bad, spec(0.5, Pattern{})}, "bits": {x, few}, "columns": {x, narrow}} {
			pool := linalg.NewPool(2)
			h := inputHessian(pool, c.x, 1)
			err := m.Prune(pool, randomMatrix(rng, 8, 24), h, c.s)
			h.GiveBack(pool)
			if b := pool.InUse(); b != 0 {
				t.Errorf("%s, %s: %d bytes are not given back after %v", name, what, b, err)
			}
		}
	}
}
