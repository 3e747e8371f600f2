package linalg

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// hilbert returns the Hilbert matrix, whose condition number grows as e^3.5n.
func hilbert(n int) Matrix[float64] {
	g := NewMatrix[float64](n, n)
	for i := range n {
		for j := range n {
			g.Set(i, j, 1/float64(i+j+1))
		}
	}
	return g
}

// onSupport returns, by gonum, the exact solution for one row: the b·w of it
// is minus the least f, and ok is false where the support is too singular.
func onSupport(g Matrix[float64], b []float64, support []int) (w []float64, ok bool) {
	m := len(support)
	sym, rhs := mat.NewSymDense(m, nil), mat.NewVecDense(m, nil)
	for i, si := range support {
		rhs.SetVec(i, b[si])
		for j := range i + 1 {
			sym.SetSym(i, j, g.At(si, support[j]))
		}
	}
	var chol mat.Cholesky
	if !chol.Factorize(sym) {
		return nil, false
	}
	var x mat.VecDense
	if err := chol.SolveVecTo(&x, rhs); err != nil {
		return nil, false
	}
	w = make([]float64, len(b))
	for i, si := range support {
		w[si] = x.AtVec(i)
	}
	return w, true
}

func support[T Float](w []T) []int {
	var s []int
	for j, v := range w {
		if v != 0 {
			s = append(s, j)
		}
	}
	return s
}

// objective returns f(w) = w·G·wᵀ − 2·b·wᵀ.
func objective[T Float](g Matrix[float64], b []float64, w []T) float64 {
	var f float64
	for i, wi := range w {
		if wi == 0 {
			continue
		}
		f -= 2 * b[i] * float64(wi)
		for j, wj := range w {
			f += float64(wi) * g.At(i, j) * float64(wj)
		}
	}
	return f
}

// supportProblem is a random one: b = w0·G.
type supportProblem[T Float] struct {
	g, b, r Matrix[float64]
	start   Matrix[T]
}

func newSupportProblem[T Float](rng *rand.Rand, g Matrix[float64], rows int, share float64) supportProblem[T] {
	w0 := random[T](rng, rows, g.Rows)
	start := masked(rng, w0, share)
	return supportProblem[T]{g, residual(nil, g, w0, NewMatrix[T](rows, g.Rows)), residual(nil, g, w0, start), start}
}

// solveBy forces one of the two ways.
func (q supportProblem[T]) solveBy(t *testing.T, exact bool, tolerance float64) Matrix[T] {
	t.Helper()
	w, r := q.start.Clone(), q.r.Clone()
	s := newSupportSystem[float64, T](nil, q.g, tolerance)
	b := s.batch(nil, r, w)
	rows := make([]int, w.Rows)
	groups := make([][]int, w.Rows)
	for i := range rows {
		rows[i], groups[i] = i, []int{i}
	}
	if exact {
		if failed := exactSteps(nil, s.unit, b, groups); len(failed) > 0 {
			t.Fatalf("rows %v have no factor", failed)
		}
	} else {
		gradientSteps(nil, s.unit, b, rows, tolerance)
	}
	s.apply(nil, b, r, w)
	return w
}

// TestOnSupportIsLeastSquares compares both ways with gonum, by how far each
// row's f is above the least. For a step that is computed in T of unit
// roundoff u from a Gram matrix of condition number κ, the error of the
// solution is of order κu, and that of f, which is stationary, of order
// (κu)² times f's fall; that of evaluating f itself n·u₆₄·Σ|terms|.
func TestOnSupportIsLeastSquares(t *testing.T) {
	t.Run("float64", onSupportIsLeastSquares[float64])
	t.Run("float32", onSupportIsLeastSquares[float32])
}

func onSupportIsLeastSquares[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 5, 31, 64, 130} {
		for _, c := range []struct{ lag, spread, ridge, share float64 }{
			{0, 0, 0.01, 0.5}, {0.9, 3, 0.01, 0.5}, {0.9, 3, 0.01, 0.9}, {0.99, 5, 1e-4, 0.3}, {0.8, 0, 0, 0},
		} {
			g := correlatedGram(nil, rng, n, 3*n+4, c.lag, c.spread, c.ridge)
			q := newSupportProblem[T](rng, g, 6, c.share)
			for _, exact := range []bool{true, false} {
				w := q.solveBy(t, exact, 0)
				for i := range w.Rows {
					s := support(q.start.Row(i))
					want, ok := onSupport(g, q.b.Row(i), s)
					if !ok {
						t.Fatal("gonum finds no factor")
					}
					before, least := objective(g, q.b.Row(i), q.start.Row(i)), objective(g, q.b.Row(i), want)
					after := objective(g, q.b.Row(i), w.Row(i))
					ku := min(conditionOn(g, s)*epsilon[T](), 1)
					var terms float64
					for j, v := range w.Row(i) {
						terms += math.Abs(float64(v)) * math.Sqrt(g.At(j, j))
					}
					// Rounding w itself to T moves f by its curvature.
					slack := ku*ku*(before-least) + float64(n)*0x1p-52*4*terms*terms + epsilon[T]()*epsilon[T]()*terms*terms
					if !(after <= least+slack) {
						t.Errorf("n=%d %+v exact=%v row %d: f = %g, least %g, slack %.2g, start %g", n, c, exact, i, after, least, slack, before)
					}
				}
			}
		}
	}
}

// conditionOn returns the condition number of g on a support, scaled to a unit
// diagonal.
func conditionOn(g Matrix[float64], s []int) float64 {
	if len(s) == 0 {
		return 1
	}
	sym := mat.NewSymDense(len(s), nil)
	for i, si := range s {
		for j, sj := range s[:i+1] {
			sym.SetSym(i, j, g.At(si, sj)/math.Sqrt(g.At(si, si)*g.At(sj, sj)))
		}
	}
	var eig mat.EigenSym
	eig.Factorize(sym, false)
	v := eig.Values(nil)
	return v[len(v)-1] / math.Max(v[0], 1e-300)
}

// TestOnSupportProperties: zeros stay, the residual that comes back is that of
// the weights that come back, its part on the support vanishes, and the fall
// is what it is said to be.
func TestOnSupportProperties(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{7, 40, 150} {
		g := correlatedGram(nil, rng, n, 3*n, 0.8, 2, 0.01)
		q := newSupportProblem[float64](rng, g, 9, 0.6)
		w, r := q.start.Clone(), q.r.Clone()
		fell := LeastSquaresOnSupport(nil, g, r, w, 0)
		var total, scale float64
		for i := range w.Rows {
			before := objective(g, q.b.Row(i), q.start.Row(i))
			total += before - objective(g, q.b.Row(i), w.Row(i))
			scale += math.Abs(before)
			if !slices.Equal(support(w.Row(i)), support(q.start.Row(i))) {
				t.Errorf("n=%d: the support of row %d changed", n, i)
			}
			for j := range n {
				want := q.b.At(i, j)
				var size float64
				for k, v := range w.Row(i) {
					want -= v * g.At(k, j)
					size += math.Abs(v * g.At(k, j))
				}
				if d := math.Abs(r.At(i, j) - want); d > 1e-13*float64(n)*size {
					t.Errorf("n=%d: residual (%d, %d) is off by %g", n, i, j, d)
				}
				if w.At(i, j) != 0 && math.Abs(r.At(i, j)) > 1e-11*size {
					t.Errorf("n=%d: gradient (%d, %d) is %g of %g", n, i, j, r.At(i, j), size)
				}
			}
		}
		if math.Abs(fell-total) > 1e-12*scale {
			t.Errorf("n=%d: f fell by %g, %g was returned", n, total, fell)
		}
	}
}

// TestOnSupportRowsAreAlone: the bits of a row depend neither on the other rows
// nor on the threads, in either way of solving.
func TestOnSupportRowsAreAlone(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, share := range []float64{0.4, 0.97} { // gradients, factors
		const n, rows = 230, 37
		g := correlatedGram(nil, rng, n, 2*n, 0.8, 2, 0.01)
		q := newSupportProblem[float32](rng, g, rows, share)
		want := q.start.Clone()
		LeastSquaresOnSupport(nil, g, q.r.Clone(), want, 1e-3)
		threads := q.start.Clone()
		LeastSquaresOnSupport(NewPool(3), g, q.r.Clone(), threads, 1e-3)
		reversed, back := NewMatrix[float32](rows, n), NewMatrix[float64](rows, n)
		for i := range rows {
			copy(reversed.Row(i), q.start.Row(rows-1-i))
			copy(back.Row(i), q.r.Row(rows-1-i))
		}
		LeastSquaresOnSupport(nil, g, back, reversed, 1e-3)
		for i := range rows {
			alone := q.start.Slice(i, i+1, 0, n).Clone()
			LeastSquaresOnSupport(nil, g, q.r.Slice(i, i+1, 0, n).Clone(), alone, 1e-3)
			for name, got := range map[string][]float32{
				"three threads": threads.Row(i), "reversed": reversed.Row(rows - 1 - i), "alone": alone.Row(0),
			} {
				if !slices.Equal(got, want.Row(i)) {
					t.Errorf("zeros %g: row %d differs %s", share, i, name)
				}
			}
		}
	}
}

// TestOnSupportPermutes: the order of features does not matter but to rounding.
func TestOnSupportPermutes(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	const n = 60
	g := correlatedGram(nil, rng, n, 2*n, 0.7, 1, 0.01)
	q := newSupportProblem[float64](rng, g, 5, 0.5)
	perm := rng.Perm(n)
	pg, pr, pw := NewMatrix[float64](n, n), NewMatrix[float64](5, n), NewMatrix[float64](5, n)
	for i, pi := range perm {
		for j, pj := range perm {
			pg.Set(i, j, g.At(pi, pj))
		}
		for k := range 5 {
			pr.Set(k, i, q.r.At(k, pi))
			pw.Set(k, i, q.start.At(k, pi))
		}
	}
	w := q.start.Clone()
	LeastSquaresOnSupport(nil, g, q.r.Clone(), w, 0)
	LeastSquaresOnSupport(nil, pg, pr, pw, 0)
	for k := range 5 {
		for i, pi := range perm {
			if d := math.Abs(pw.At(k, i) - w.At(k, pi)); d > 1e-9 {
				t.Errorf("weight (%d, %d) is off by %g once permuted", k, pi, d)
			}
		}
	}
}

// TestOnSupportSharesFactors: rows of one support are one group, and solved
// as they would be one by one.
func TestOnSupportSharesFactors(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	const n, rows = 80, 30
	g := correlatedGram(nil, rng, n, 2*n, 0.7, 1, 0.01)
	q := newSupportProblem[float64](rng, g, rows, 0)
	for i := range rows {
		for j := range n {
			if j%3 != i%2 {
				q.start.Set(i, j, 0)
			}
		}
	}
	s := newSupportSystem[float64, float64](nil, g, 0)
	groups, _ := s.split(s.batch(nil, q.r, q.start))
	if len(groups) != 2 {
		t.Fatalf("%d groups for two supports", len(groups))
	}
	w := q.start.Clone()
	LeastSquaresOnSupport(nil, g, residualOf(g, q.b, w), w, 0)
	for i := range rows {
		want, _ := onSupport(g, q.b.Row(i), support(q.start.Row(i)))
		for j, v := range w.Row(i) {
			if math.Abs(v-want[j]) > 1e-10 {
				t.Fatalf("row %d: weight %d is %g, want %g", i, j, v, want[j])
			}
		}
	}
}

// residualOf returns b − w·g.
func residualOf(g, b, w Matrix[float64]) Matrix[float64] {
	r := b.Clone()
	Gemm(nil, NoTrans, NoTrans, -1, w, g, 1, r)
	return r
}

// TestOnSupportNeverRaises starts at and near the solution, on Gram matrices
// that are as good as singular, singular, zero or not Gram matrices at all.
func TestOnSupportNeverRaises(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	flat := correlatedGram(nil, rng, 40, 10, 0.5, 1, 0)
	dead := correlatedGram(nil, rng, 40, 80, 0.5, 1, 0)
	for j := range 40 {
		for _, d := range []int{3, 17} {
			dead.Set(j, d, 0)
			dead.Set(d, j, 0)
		}
	}
	indefinite := correlatedGram(nil, rng, 40, 80, 0.5, 1, 0)
	for i := range 40 {
		indefinite.Set(i, (i+7)%40, -9*indefinite.At(i, (i+7)%40))
	}
	Symmetrize(nil, indefinite)
	for name, g := range map[string]Matrix[float64]{
		"hilbert": hilbert(40), "rank 10": flat, "dead": dead, "zero": NewMatrix[float64](40, 40), "indefinite": indefinite,
	} {
		t.Run(name, func(t *testing.T) {
			neverRaises[float32](t, g)
			neverRaises[float64](t, g)
		})
	}
}

func neverRaises[T Float](t *testing.T, g Matrix[float64]) {
	rng := rand.New(rand.NewPCG(13, 14))
	for _, share := range []float64{0.3, 0.95} {
		q := newSupportProblem[T](rng, g, 8, share)
		w := q.start.Clone()
		for round := range 4 { // from the second on, the start is a solution
			before := w.Clone()
			r := residualOf(g, q.b, Convert[float64](nil, w))
			if fell := LeastSquaresOnSupport(nil, g, r, w, 0); fell < 0 || math.IsNaN(fell) {
				t.Errorf("zeros %g, round %d: f fell by %g", share, round, fell)
			}
			for i := range w.Rows {
				b := q.b.Row(i)
				f, f0 := objective(g, b, w.Row(i)), objective(g, b, before.Row(i))
				var terms float64 // of f
				for j, v := range w.Row(i) {
					terms += math.Abs(float64(v)) * math.Sqrt(math.Abs(g.At(j, j)))
				}
				if f > f0+40*0x1p-52*10*terms*terms {
					t.Errorf("zeros %g, round %d, row %d: f rose from %g by %g", share, round, i, f0, f-f0)
				}
			}
		}
	}
}

// TestOnSupportTolerance: a tighter one gets lower, and the default of the
// callers gets nearly all that there is.
func TestOnSupportTolerance(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	const n = 256
	g := correlatedGram(nil, rng, n, 2*n, 0.8, 2, 0.01)
	q := newSupportProblem[float32](rng, g, 20, 0.5)
	last := 0.0
	var falls []float64
	for _, tolerance := range []float64{0.3, 0.1, 1e-2, 1e-3, 1e-5, 0} {
		fell := LeastSquaresOnSupport(nil, g, q.r.Clone(), q.start.Clone(), tolerance)
		if fell < last*(1-1e-9) {
			t.Errorf("tolerance %g: f falls by %g, less than %g before", tolerance, fell, last)
		}
		falls, last = append(falls, fell), fell
	}
	if falls[2] < 0.95*last {
		t.Errorf("a tolerance of 1%% leaves %.1f%%", 100*(1-falls[2]/last))
	}
}

func ExampleLeastSquaresOnSupport() {
	// Two inputs that mostly agree, and weights (1, 1). With the second weight
	// pruned, the first does best to take on most of its part.
	g := MatrixOf(2, 2, []float64{1, 0.9, 0.9, 1})
	w := MatrixOf(1, 2, []float64{1, 0})
	r := MatrixOf(1, 2, []float64{0.9, 1}) // (1, 1)·G − (1, 0)·G
	fell := LeastSquaresOnSupport(nil, g, r, w, 0)
	fmt.Printf("w = %.2f, residual = %.2f, fell by %.2f\n", w.Data, r.Data, fell)
	// Output: w = [1.90 0.00], residual = [0.00 0.19], fell by 0.81
}
