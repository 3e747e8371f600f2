package linalg

import (
	"fmt"
	"math"
)

// LeastSquaresOnSupport lowers, for each row w of W (m × n) by itself,
//
//	f(w) = w·G·wᵀ − 2·b·wᵀ
//
// over the weights of w that are not zero, its support; the others stay zero.
// G (n × n, symmetric, both triangles, positive semidefinite) is the Gram
// matrix that all rows share. Of b the function needs only the residual
// R = B − W·G (m × n), minus half of f's gradient: it reads that of the W it
// is given and leaves that of the W it returns. A ridge λ‖w − w₀‖² goes into
// both: λ on G's diagonal, and λ·(w₀ − w) into R.
//
// A row is solved by a Cholesky factor of G on its support, which rows of
// equal support share, or by conjugate gradients, whichever costs less; a
// row's gradients end with the iteration that lowers f by no more than
// tolerance times what it has been lowered in all. Steps are computed in
// T, from G scaled to a unit diagonal, and judged in A: a row whose f a step
// would raise stays as it is, so that no row gets worse by more than A's
// rounding. The return value is by how much the sum of all f fell.
//
// A weight whose G_jj is 0 does not matter to f and stays as it is.
func LeastSquaresOnSupport[A, T Float](p *Pool, g, r Matrix[A], w Matrix[T], tolerance float64) float64 {
	n := g.Rows
	if g.Cols != n || w.Cols != n || r.Cols != n || r.Rows != w.Rows {
		panic(fmt.Sprintf("linalg: LeastSquaresOnSupport: G %d × %d, R %d × %d, W %d × %d",
			g.Rows, g.Cols, r.Rows, r.Cols, w.Rows, w.Cols))
	}
	s := newSupportSystem[A, T](p, g, tolerance)
	defer GiveBack(p, s.unit)
	var fell float64
	for i := 0; i < w.Rows; i += supportRows {
		j := min(i+supportRows, w.Rows)
		fell += s.improve(p, r.Slice(i, j, 0, n), w.Slice(i, j, 0, n))
	}
	return fell
}

// supportRows is how many rows are solved at once: enough for their products
// with G to run at full speed, few enough to bound the memory.
const supportRows = 1024

// supportSystem is the part of the problem that rows share.
type supportSystem[A, T Float] struct {
	g         Matrix[A]
	unit      Matrix[T] // D·G·D
	d         []T       // diagonal of D, 1/√G_jj, or 0 where G_jj is
	tolerance float64
}

func newSupportSystem[A, T Float](p *Pool, g Matrix[A], tolerance float64) *supportSystem[A, T] {
	n := g.Rows
	s := &supportSystem[A, T]{g: g, unit: Take[T](p, n, n), d: make([]T, n), tolerance: tolerance}
	d := make([]float64, n)
	for j := range d {
		if v := float64(g.At(j, j)); v > 0 {
			d[j] = 1 / math.Sqrt(v)
		}
		s.d[j] = T(d[j])
	}
	p.For(n, func(i int) {
		row := s.unit.Row(i)
		for j, v := range g.Row(i) {
			row[j] = T(d[i] * d[j] * float64(v))
		}
	})
	return s
}

// improve is LeastSquaresOnSupport for one batch of rows.
func (s *supportSystem[A, T]) improve(p *Pool, r Matrix[A], w Matrix[T]) float64 {
	b := s.batch(p, r, w)
	defer GiveBack(p, b.mask, b.resid, b.step)
	groups, others := s.split(b)
	failed := exactSteps(p, s.unit, b, groups)
	gradientSteps(p, s.unit, b, append(others, failed...), s.tolerance)
	return s.apply(p, b, r, w)
}

// batch scales rows, which have taken no step yet.
func (s *supportSystem[A, T]) batch(p *Pool, r Matrix[A], w Matrix[T]) *supportBatch[T] {
	b := &supportBatch[T]{
		mask:  Take[T](p, w.Rows, w.Cols),
		resid: Take[T](p, w.Rows, w.Cols),
		step:  Take[T](p, w.Rows, w.Cols),
		size:  make([]int, w.Rows),
	}
	p.For(w.Rows, func(i int) {
		mask, resid, ri := b.mask.Row(i), b.resid.Row(i), r.Row(i)
		clear(b.step.Row(i))
		for j, v := range w.Row(i) {
			mask[j], resid[j] = 0, 0
			if v != 0 && s.d[j] != 0 {
				mask[j] = 1
				resid[j] = s.d[j] * T(ri[j])
				b.size[i]++
			}
		}
	})
	return b
}

// supportBatch is a batch of systems scaled by D, in which G has a unit
// diagonal: for each row of step, minimise step·DGD·stepᵀ − 2·resid·stepᵀ on
// the support.
type supportBatch[T Float] struct {
	mask  Matrix[T] // 1 on the support, 0 elsewhere
	resid Matrix[T] // 0 off the support
	step  Matrix[T] // result
	size  []int     // weights in the support of each row
}

// apply takes the steps of a batch that lower f. A step is δ = step·D, as it
// is once w + δ has been rounded; it lowers f by δ·(2r − δG).
func (s *supportSystem[A, T]) apply(p *Pool, b *supportBatch[T], r Matrix[A], w Matrix[T]) float64 {
	delta, image := Take[A](p, w.Rows, w.Cols), Take[A](p, w.Rows, w.Cols)
	defer GiveBack(p, delta, image)
	p.For(w.Rows, func(i int) {
		wi, di := w.Row(i), delta.Row(i)
		for j, v := range b.step.Row(i) {
			di[j] = 0
			if v != 0 {
				di[j] = A(wi[j]+v*s.d[j]) - A(wi[j])
			}
		}
	})
	Gemm(p, NoTrans, NoTrans, 1, delta, s.g, 0, image)
	falls := make([]float64, w.Rows)
	p.For(w.Rows, func(i int) {
		wi, ri, di, gi := w.Row(i), r.Row(i), delta.Row(i), image.Row(i)
		var fall float64
		for j, d := range di {
			fall += float64(d) * (2*float64(ri[j]) - float64(gi[j]))
		}
		if !(fall > 0) || math.IsInf(fall, 0) {
			return
		}
		falls[i] = fall
		for j, d := range di {
			wi[j] += T(d)
			ri[j] -= gi[j]
		}
	})
	var sum float64
	for _, f := range falls {
		sum += f
	}
	return sum
}
