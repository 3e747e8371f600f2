package linalg

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"sparsellm/asm"
	"sparsellm/asm/asmtest"
)

// eachTier runs a test in both precisions for every tier of instructions.
func eachTier(t *testing.T, single, double func(t *testing.T)) {
	asmtest.EachTier(t, func(t *testing.T) {
		t.Run("float32", single)
		t.Run("float64", double)
	})
}

// eps returns the unit roundoff of T.
func eps[T Float]() float64 {
	var x T
	if _, ok := any(x).(float32); ok {
		return 0x1p-24
	}
	return 0x1p-53
}

// unaligned returns a matrix of random elements, its rows an odd distance
// apart and its first at no aligned address, and a function that fails the
// test if anything but the elements has been written since.
func unaligned[T Float](t *testing.T, rng *rand.Rand, rows, cols int) (Matrix[T], func()) {
	const guard = -77
	stride := (cols + 3) | 1
	whole := make([]T, 64+max(rows, 1)*stride+64)
	for i := range whole {
		whole[i] = guard
	}
	m := Matrix[T]{Rows: rows, Cols: cols, Stride: stride}
	if rows > 0 && cols > 0 {
		m.Data = whole[63:][:(rows-1)*stride+cols]
	}
	for i := range rows {
		for j := range cols {
			m.Set(i, j, T(2*rng.Float64()-1))
		}
	}
	return m, func() {
		t.Helper()
		for i, v := range whole {
			row, col := (i-63)/stride, (i-63)%stride
			if i >= 63 && row < rows && col < cols {
				continue
			}
			if v != guard {
				t.Fatalf("wrote %v at offset %d of a %d × %d matrix", v, i-63, rows, cols)
			}
		}
	}
}

// oracle is a product in float64 by gonum, and the sum of its terms' sizes.
type oracle struct{ value, terms blas64.General }

func dense[T Float](m Matrix[T], f func(float64) float64) blas64.General {
	g := blas64.General{Rows: m.Rows, Cols: m.Cols, Stride: max(m.Cols, 1), Data: make([]float64, m.Rows*max(m.Cols, 1))}
	for i := range m.Rows {
		for j, v := range m.Row(i) {
			g.Data[i*g.Stride+j] = f(float64(v))
		}
	}
	return g
}

func same(x float64) float64 { return x }

func gonumTrans(t Transpose) blas.Transpose {
	if t {
		return blas.Trans
	}
	return blas.NoTrans
}

// productOf returns α·op(A)·op(B) + β·C.
func productOf[T Float](tA, tB Transpose, alpha T, a, b Matrix[T], beta T, c Matrix[T]) oracle {
	o := oracle{dense(c, same), dense(c, math.Abs)}
	if a.Rows == 0 || a.Cols == 0 { // gonum wants at least one term
		for i := range o.value.Data {
			o.value.Data[i] *= float64(beta)
			o.terms.Data[i] *= math.Abs(float64(beta))
		}
		return o
	}
	blas64.Gemm(gonumTrans(tA), gonumTrans(tB), float64(alpha), dense(a, same), dense(b, same), float64(beta), o.value)
	blas64.Gemm(gonumTrans(tA), gonumTrans(tB), math.Abs(float64(alpha)), dense(a, math.Abs), dense(b, math.Abs), math.Abs(float64(beta)), o.terms)
	return o
}

// check compares the elements of m for which in is true with the oracle: the
// error of a sum of n terms is at most n·eps·Σ|terms| in any order.
func check[T Float](t *testing.T, what string, n int, m Matrix[T], o oracle, in func(i, j int) bool) {
	t.Helper()
	bound := float64(n) * eps[T]() * 1.01
	for i := range m.Rows {
		for j, v := range m.Row(i) {
			if !in(i, j) {
				continue
			}
			want, terms := o.value.Data[i*o.value.Stride+j], o.terms.Data[i*o.terms.Stride+j]
			if d := math.Abs(float64(v) - want); !(d <= bound*terms) {
				t.Fatalf("%s: element (%d, %d) of %d × %d is %v, want %v: off by %.3g, bound %.3g",
					what, i, j, m.Rows, m.Cols, v, want, d, bound*terms)
			}
		}
	}
}

func all(i, j int) bool { return true }

func lower(i, j int) bool { return j <= i }

// sizes are what lies around the tiles of the tier in use and the blocks.
func sizes[T Float](blocks ...int) []int {
	mr, nr := asm.GemmTile[T]()
	var s []int
	for _, n := range append([]int{mr, nr, 2 * nr}, blocks...) {
		s = append(s, n-1, n, n+1)
	}
	s = append(s, 1, 2, 3)
	slices.Sort(s)
	return slices.Compact(s)
}

// sameBits fails the test unless a and b are equal bit for bit.
func sameBits[T Float](t *testing.T, what string, a, b Matrix[T]) {
	t.Helper()
	for i := range a.Rows {
		for j, v := range a.Row(i) {
			if w := b.At(i, j); math.Float64bits(float64(v)) != math.Float64bits(float64(w)) {
				t.Fatalf("%s: element (%d, %d) is %v and %v", what, i, j, v, w)
			}
		}
	}
}

// eachPool runs f on one, two and five threads.
func eachPool(f func(p *Pool)) {
	for _, p := range []*Pool{nil, NewPool(2), NewPool(5)} {
		f(p)
	}
}

func describe(parts ...any) string { return fmt.Sprint(parts...) }
