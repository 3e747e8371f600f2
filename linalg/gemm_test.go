package linalg

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestGemm(t *testing.T) { eachTier(t, testGemm[float32], testGemm[float64]) }

func testGemm[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	try := func(m, n, k int) {
		for form := range 4 {
			testProduct[T](t, rng, Transpose(form&1 != 0), Transpose(form&2 != 0), m, n, k)
		}
	}
	small := sizes[T]()
	for _, m := range small {
		for _, n := range small {
			try(m, n, 1+rng.IntN(40))
		}
	}
	d := depth[T]()
	for _, k := range []int{0, d - 1, d, d + 1, 2*d + 1} {
		try(19, 37, k)
	}
	for _, edge := range []int{taskRows + 1, 2*blockRows + 1, blockRows * 3 / 2} {
		try(edge, 5, 3)
	}
	for _, edge := range []int{taskCols + 1, 2*blockCols + 1, blockCols * 3 / 2} {
		try(5, edge, 3)
	}
	try(0, 3, 3)
	try(3, 0, 3)
}

func testProduct[T Float](t *testing.T, rng *rand.Rand, tA, tB Transpose, m, n, k int) {
	t.Helper()
	operand := func(t2 Transpose, rows, cols int) Matrix[T] {
		if t2 {
			rows, cols = cols, rows
		}
		x, _ := unaligned[T](t, rng, rows, cols)
		return x
	}
	a, b := operand(tA, m, k), operand(tB, k, n)
	beta := []T{0, 1, -0.75}[rng.IntN(3)]
	c, guards := unaligned[T](t, rng, m, n)
	before := c.Clone()
	what := describe("Gemm ", tA, " ", tB, " k=", k, " beta=", beta)
	var first Matrix[T]
	for i, p := range []*Pool{nil, NewPool(3)} {
		Copy(c, before)
		if beta == 0 { // must not be read
			for i := range c.Rows {
				for j := range c.Cols {
					c.Set(i, j, T(math.NaN()))
				}
			}
		}
		Gemm(p, tA, tB, 1.25, a, b, beta, c)
		guards()
		if i == 0 {
			check(t, what, k+4, c, productOf(tA, tB, 1.25, a, b, beta, before), all)
			first = c.Clone()
		}
		sameBits(t, what, first, c)
	}
}

// TestGemmSpreadsNaN: a NaN or infinity reaches what it is a term of, and no
// more, whatever tiles are padded with.
func TestGemmSpreadsNaN(t *testing.T) {
	eachTier(t, testGemmSpreadsNaN[float32], testGemmSpreadsNaN[float64])
}

func testGemmSpreadsNaN[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const m, n, k = 37, 43, 29
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		a, b, c := random[T](rng, m, k), random[T](rng, k, n), NewMatrix[T](m, n)
		a.Set(m-1, 3, T(bad))
		b.Set(k-1, n-1, T(bad))
		Gemm(nil, NoTrans, NoTrans, 1, a, b, 0, c)
		for i := range m {
			for j := range n {
				finite := !math.IsNaN(float64(c.At(i, j))) && !math.IsInf(float64(c.At(i, j)), 0)
				if want := i != m-1 && j != n-1; finite != want {
					t.Fatalf("element (%d, %d) is %v", i, j, c.At(i, j))
				}
			}
		}
	}
}

func TestSyrk(t *testing.T) { eachTier(t, testSyrk[float32], testSyrk[float64]) }

func testSyrk[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, n := range append(sizes[T](taskRows), 0, 300, taskCols+40) {
		for _, trans := range []Transpose{NoTrans, Trans} {
			k := 1 + rng.IntN(20)
			if n == 300 {
				k = depth[T]() + 1
			}
			a, _ := unaligned[T](t, rng, n, k)
			if trans {
				a, _ = unaligned[T](t, rng, k, n)
			}
			beta := []T{0, 1, -0.75}[rng.IntN(3)]
			c, guards := unaligned[T](t, rng, n, n)
			before := c.Clone()
			if beta == 0 {
				for i := range n {
					for j := range i + 1 {
						c.Set(i, j, T(math.NaN()))
					}
				}
			}
			start := c.Clone()
			what := describe("Syrk ", trans, " k=", k, " beta=", beta)
			want := productOf(trans, !trans, 1.25, a, a, beta, before)
			var first Matrix[T]
			eachPool(func(p *Pool) {
				Copy(c, start)
				Syrk(p, trans, 1.25, a, beta, c)
				guards()
				check(t, what, k+4, c, want, lower)
				for i := range n {
					for j := i + 1; j < n; j++ {
						if c.At(i, j) != before.At(i, j) {
							t.Fatalf("%s: wrote above the diagonal at (%d, %d)", what, i, j)
						}
					}
				}
				if first.Data == nil {
					first = c.Clone()
				}
				sameBits(t, what, first, c)
			})
			Symmetrize(nil, c)
			for i := range n {
				for j := range n {
					if c.At(i, j) != c.At(j, i) {
						t.Fatalf("Symmetrize left (%d, %d) other than (%d, %d)", i, j, j, i)
					}
				}
			}
		}
	}
}

// TestAllocations: what a call allocates, a few closures for each slice of
// terms, does not grow with the matrices.
func TestAllocations(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	a, c := random[float32](rng, 200, 200), NewMatrix[float32](200, 200)
	if n := testing.AllocsPerRun(10, func() { Gemm(nil, NoTrans, NoTrans, 1, a, a, 0, c) }); n > 8 {
		t.Errorf("Gemm allocates %v times", n)
	}
}

func TestShapesPanic(t *testing.T) {
	m := func(rows, cols int) Matrix[float32] { return NewMatrix[float32](rows, cols) }
	for name, f := range map[string]func(){
		"Gemm inner":    func() { Gemm(nil, NoTrans, NoTrans, 1, m(2, 3), m(2, 3), 0, m(2, 3)) },
		"Gemm outer":    func() { Gemm(nil, NoTrans, NoTrans, 1, m(2, 3), m(3, 4), 0, m(2, 3)) },
		"Syrk":          func() { Syrk(nil, Trans, 1, m(2, 3), 0, m(2, 2)) },
		"Trsm left":     func() { Trsm(nil, Left, NoTrans, m(2, 2), m(3, 2)) },
		"Trsm right":    func() { Trsm(nil, Right, NoTrans, m(2, 2), m(2, 3)) },
		"Potrf":         func() { Potrf(nil, m(2, 3)) },
		"InverseFactor": func() { InverseFactor(nil, m(2, 3)) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}
