package linalg

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"sparsellm/asm"
)

// definite returns XᵀX/k + shift·I with X of k rows and n columns, in an
// unaligned matrix whose upper triangle is NaN, and the symmetric whole.
func definite[T Float](t *testing.T, rng *rand.Rand, n, k int, shift T) (m, whole Matrix[T], guards func()) {
	x := random[T](rng, k, n)
	whole = NewMatrix[T](n, n)
	Syrk(nil, Trans, 1/T(k), x, 0, whole)
	for i := range n {
		whole.Set(i, i, whole.At(i, i)+shift)
	}
	Symmetrize(nil, whole)
	m, guards = unaligned[T](t, rng, n, n)
	spoilUpper(m, whole)
	return m, whole, guards
}

// spoilUpper copies the lower triangle of whole to m and NaN above it.
func spoilUpper[T Float](m, whole Matrix[T]) {
	Copy(m, whole)
	for i := range m.Rows {
		for j := i + 1; j < m.Cols; j++ {
			m.Set(i, j, T(math.NaN()))
		}
	}
}

// lowerOf returns a copy of the lower triangle, zeros above it, and fails the
// test if the NaN above it are gone.
func lowerOf[T Float](t *testing.T, m Matrix[T]) Matrix[T] {
	t.Helper()
	l := m.Clone()
	for i := range m.Rows {
		for j := i + 1; j < m.Cols; j++ {
			if !math.IsNaN(float64(m.At(i, j))) {
				t.Fatalf("wrote above the diagonal at (%d, %d)", i, j)
			}
			l.Set(i, j, 0)
		}
	}
	return l
}

// orders are what lies around the leaves of the recursions.
func orders[T Float]() []int { return append(sizes[T](factorLeaf, leaf), 2*leaf+3) }

func TestPotrf(t *testing.T) { eachTier(t, testPotrf[float32], testPotrf[float64]) }

func testPotrf[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range orders[T]() {
		// Hessians of many rows or, for every other order, of so few that
		// damping alone makes them definite.
		for _, k := range []int{2 * n, n/2 + 1}[n%2:][:1] {
			a, whole, guards := definite[T](t, rng, n, k, 0.01)
			start := a.Clone()
			var first Matrix[T]
			eachPool(func(p *Pool) {
				Copy(a, start)
				if err := Potrf(p, a); err != nil {
					t.Fatalf("n=%d k=%d: %v", n, k, err)
				}
				guards()
				l := lowerOf(t, a)
				if first.Data == nil {
					first = l
					// |L·Lᵀ − A| ≤ (n+2)·eps·|L||Lᵀ| (Higham 2002, theorem 10.3)
					o := productOf(NoTrans, Trans, 1, l, l, 0, whole)
					check(t, describe("L·Lᵀ, n=", n), n+3, whole, o, lower)
				}
				sameBits(t, "Potrf", first, l)
			})
		}
	}
}

func TestPotrfFindsTheMinor(t *testing.T) {
	eachTier(t, testPotrfFindsTheMinor[float32], testPotrfFindsTheMinor[float64])
}

func testPotrfFindsTheMinor[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{1, 15, factorLeaf + 9, 2*leaf + 3} {
		a, whole, _ := definite[T](t, rng, n, 2*n, 0.01)
		for _, bad := range []float64{-1, 0, math.NaN(), math.Inf(1), math.Inf(-1)} {
			for _, at := range []int{rng.IntN(n), n - 1} {
				spoilUpper(a, whole)
				a.Set(at, at, T(bad))
				expectMinor(t, Potrf(nil, a), at+1)
				spoilUpper(a, whole)
				a.Set(at, at, T(bad))
				expectMinor(t, InverseFactor(nil, a), n-at) // in reversed order
			}
		}
	}
	// A zero matrix, and one of too low a rank.
	expectMinor(t, Potrf(nil, NewMatrix[T](40, 40)), 1)
	ones := NewMatrix[T](300, 300)
	for i := range ones.Data {
		ones.Data[i] = 1
	}
	expectMinor(t, Potrf(nil, ones), 2)
}

func expectMinor(t *testing.T, err error, order int) {
	t.Helper()
	want := fmt.Sprintf("leading minor of order %d", order)
	if !errors.Is(err, ErrNotPositiveDefinite) || !strings.HasSuffix(err.Error(), want) {
		t.Fatalf("got %v, want an error for the %s", err, want)
	}
}

// TestPotrfNearSingular: Hilbert matrices are positive definite but beyond
// order 13 no longer so in float64. Whatever is factored must be factored to
// within the bound.
func TestPotrfNearSingular(t *testing.T) {
	for n := 2; n <= 20; n++ {
		h := NewMatrix[float64](n, n)
		for i := range n {
			for j := range n {
				h.Set(i, j, 1/float64(i+j+1))
			}
		}
		l, _ := unaligned[float64](t, rand.New(rand.NewPCG(1, 1)), n, n)
		spoilUpper(l, h)
		err := Potrf(nil, l)
		if err != nil {
			if n <= 10 || !errors.Is(err, ErrNotPositiveDefinite) {
				t.Errorf("order %d: %v", n, err)
			}
			continue
		}
		f := lowerOf(t, l)
		check(t, describe("Hilbert ", n), n+3, h, productOf(NoTrans, Trans, 1, f, f, 0, h), lower)
	}
}

func TestTrsm(t *testing.T) { eachTier(t, testTrsm[float32], testTrsm[float64]) }

func testTrsm[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	_, nr := asm.GemmTile[T]()
	for _, n := range orders[T]() {
		a, _, _ := definite[T](t, rng, n, 2*n, 0.01)
		if err := Potrf(nil, a); err != nil {
			t.Fatal(err)
		}
		l := lowerOf(t, a)
		for _, m := range []int{1, nr - 1, nr + 1, 2*nr + 5} {
			for form := range 4 {
				side, trans := Side(form&1 != 0), Transpose(form&2 != 0)
				rows, cols := n, m
				if side == Right {
					rows, cols = m, n
				}
				x, guards := unaligned[T](t, rng, rows, cols)
				b := x.Clone()
				var first Matrix[T]
				for _, p := range []*Pool{nil, NewPool(2)} {
					Copy(x, b)
					Trsm(p, side, trans, a, x) // a has NaN above its diagonal
					guards()
					if first.Data == nil {
						first = x.Clone()
					}
					sameBits(t, "Trsm", first, x)
				}
				// |T·X − B| ≤ (n+2)·eps·|T||X| (Higham 2002, theorem 8.5)
				var o oracle
				if side == Left {
					o = productOf(trans, NoTrans, 1, l, x, 0, b)
				} else {
					o = productOf(NoTrans, trans, 1, x, l, 0, b)
				}
				check(t, describe("Trsm ", side, " ", trans, " n=", n), n+3, b, o, all)
			}
		}
	}
}

func TestSolveCholesky(t *testing.T) {
	eachTier(t, testSolveCholesky[float32], testSolveCholesky[float64])
}

// testSolveCholesky: |X·A − B| ≤ (3n+8)·eps·|X||L||Lᵀ| (Higham 2002, theorem
// 10.4).
func testSolveCholesky[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, n := range []int{1, 17, leaf + 1} {
		a, whole, _ := definite[T](t, rng, n, 2*n, 0.01)
		if err := Potrf(nil, a); err != nil {
			t.Fatal(err)
		}
		x, guards := unaligned[T](t, rng, 9, n)
		b := x.Clone()
		SolveCholesky(NewPool(2), a, x)
		guards()
		l := lowerOf(t, a)
		o := productOf(NoTrans, NoTrans, 1, x, whole, 0, b)
		xl := productOf(NoTrans, NoTrans, 1, x, l, 0, b).terms
		for i := range b.Rows {
			for j := range n {
				var terms float64
				for p := range j + 1 {
					terms += xl.Data[i*xl.Stride+p] * math.Abs(float64(l.At(j, p)))
				}
				d := math.Abs(o.value.Data[i*o.value.Stride+j] - float64(b.At(i, j)))
				if bound := float64(3*n+8) * eps[T]() * terms * 1.01; !(d <= bound) {
					t.Fatalf("n=%d: X·A − B is %.3g at (%d, %d), bound %.3g", n, d, i, j, bound)
				}
			}
		}
	}
}

func TestInvertTriangle(t *testing.T) {
	eachTier(t, testInvertTriangle[float32], testInvertTriangle[float64])
}

// testInvertTriangle: methods of this kind have a small residual on one side
// or, as this recursion mixes them, on a product of both: |L·Y − I| is bounded
// by n·eps·|L||L⁻¹||L||L⁻¹| (Du Croz & Higham 1992).
func testInvertTriangle[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for _, n := range orders[T]() {
		a, _, _ := definite[T](t, rng, n, 2*n, 0.1)
		if err := Potrf(nil, a); err != nil {
			t.Fatal(err)
		}
		l := lowerOf(t, a)
		var first Matrix[T]
		for _, p := range []*Pool{nil, NewPool(3)} {
			spoilUpper(a, l)
			invertTriangle(p, a)
			y := lowerOf(t, a)
			if first.Data == nil {
				first = y
			}
			sameBits(t, "invertTriangle", first, y)
		}
		identity := NewMatrix[T](n, n)
		for i := range n {
			identity.Set(i, i, 1)
		}
		o := productOf(NoTrans, NoTrans, 1, l, first, 0, identity)
		sizes := Matrix[float64]{Rows: n, Cols: n, Stride: n, Data: o.terms.Data}
		o.terms = productOf(NoTrans, NoTrans, 1, sizes, sizes, 0, sizes).terms
		check(t, describe("L·L⁻¹, n=", n), n, identity, o, all)
	}
}

func TestInverseFactor(t *testing.T) {
	eachTier(t, testInverseFactor[float32], testInverseFactor[float64])
}

// testInverseFactor compares R with the factor of gonum's inverse, with a
// bound of n·eps·κ(H), the condition of the problem, on the relative error in
// the Frobenius norm.
func testInverseFactor[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for _, n := range []int{1, 2, 15, 33, factorLeaf + 1, leaf + 1} {
		h, whole, guards := definite[T](t, rng, n, 2*n, 0.1)
		start := h.Clone()
		var first Matrix[T]
		eachPool(func(p *Pool) {
			Copy(h, start)
			if err := InverseFactor(p, h); err != nil {
				t.Fatal(err)
			}
			guards()
			if first.Data == nil {
				first = h.Clone()
			}
			sameBits(t, "InverseFactor", first, h)
		})
		sym := mat.NewSymDense(n, dense(whole, same).Data)
		var chol mat.Cholesky
		if !chol.Factorize(sym) {
			t.Fatal("gonum cannot factor the matrix")
		}
		condition := chol.Cond()
		var inverse mat.SymDense
		if err := chol.InverseTo(&inverse); err != nil {
			t.Fatal(err)
		}
		if !chol.Factorize(&inverse) {
			t.Fatal("gonum cannot factor the inverse")
		}
		var want mat.TriDense
		chol.UTo(&want)
		var off, norm float64
		for i := range n {
			for j := range n {
				if j < i && h.At(i, j) != 0 {
					t.Fatalf("n=%d: %v below the diagonal", n, h.At(i, j))
				}
				off += math.Pow(float64(h.At(i, j))-want.At(i, j), 2)
				norm += want.At(i, j) * want.At(i, j)
			}
		}
		if bound := float64(n+2) * eps[T]() * condition; !(math.Sqrt(off/norm) <= bound) {
			t.Errorf("n=%d: relative error %.3g, bound %.3g", n, math.Sqrt(off/norm), bound)
		}
	}
}

func ExampleInverseFactor() {
	h := MatrixOf(2, 2, []float64{
		5, 2,
		2, 1,
	})
	if err := InverseFactor(nil, h); err != nil { // h⁻¹ = [1 -2; -2 5] = RᵀR
		fmt.Println(err)
		return
	}
	fmt.Printf("%.0f\n%.0f\n", h.Row(0), h.Row(1))
	// Output:
	// [1 -2]
	// [0 1]
}

func ExamplePotrf() {
	a := MatrixOf(2, 2, []float64{
		1, 0,
		2, 3, // below the diagonal is all that counts
	})
	fmt.Println(Potrf(nil, a))
	// Output:
	// linalg: matrix is not positive definite: leading minor of order 2
}
