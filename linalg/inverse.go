package linalg

import (
	"fmt"

	"sparsellm/asm"
)

// InverseFactor replaces the symmetric n × n matrix h, of which it reads the
// lower triangle, by the upper triangular R with h⁻¹ = Rᵀ·R, zeros below the
// diagonal. With P the reversal of order, P·h·P = L·Lᵀ gives h = U·Uᵀ with
// U = P·L·P, and R = U⁻¹: one Cholesky factorisation and one triangular
// inverse, 2n³/3 flops, where inverting h and factoring the inverse takes
// 4n³/3. On error, which is Potrf's of the reversed matrix, h is spoilt.
func InverseFactor[T Float](p *Pool, h Matrix[T]) error {
	if h.Rows != h.Cols {
		panic(fmt.Sprintf("linalg: InverseFactor: %d × %d", h.Rows, h.Cols))
	}
	// In place, with V = Uᵀ, which is lower triangular: h = Vᵀ·V.
	if err := minorError(factor(p, h, true)); err != nil {
		return err
	}
	invertTriangle(p, h)
	moveUp(p, h)
	return nil
}

// invertTriangle replaces the lower triangle L of the square matrix l by that
// of L⁻¹. It reads and writes nothing above the diagonal.
func invertTriangle[T Float](p *Pool, l Matrix[T]) {
	n := l.Rows
	if n <= invertLeaf {
		invertBlock(l)
		return
	}
	mr, _ := asm.GemmTile[T]()
	h := halve(n, mr)
	l11, l21, l22 := l.Slice(0, h, 0, h), l.Slice(h, n, 0, h), l.Slice(h, n, h, n)
	// The corner of the inverse is -L22⁻¹·L21·L11⁻¹.
	Trsm(p, Left, NoTrans, l22, l21)
	Trsm(p, Right, NoTrans, l11, l21)
	for i := range l21.Rows {
		row := l21.Row(i)
		for j, v := range row {
			row[j] = -v
		}
	}
	invertTriangle(p, l11)
	invertTriangle(p, l22)
}

// invertLeaf is the order of the blocks on the diagonal that are inverted by
// solving for the columns of the identity.
const invertLeaf = 112

func invertBlock[T Float](l Matrix[T]) {
	n := l.Rows
	mr, nr := asm.GemmTile[T]()
	rows := roundUp(n, mr)
	tri := borrow[T](triangleLen(n, mr))
	defer tri.giveBack()
	packTriangle(tri.data, l, mr, false)
	work := borrow[T](rows * nr)
	defer work.giveBack()
	x := work.data
	for j := 0; j < n; j += nr {
		w := min(nr, n-j)
		r0 := j / mr * mr // what is above is zero
		clear(x[r0*nr:])
		for c := range w {
			x[(j+c)*nr+c] = 1
		}
		substitute(tri.data, x, mr, nr, r0, rows)
		for i := j; i < n; i++ {
			copy(l.Row(i)[j:min(j+w, i+1)], x[i*nr:])
		}
	}
}

// moveUp replaces the square matrix a by the transpose of its lower triangle.
func moveUp[T Float](p *Pool, a Matrix[T]) {
	const block = 64
	n := a.Rows
	p.For(ceilDiv(n, block), func(b int) {
		r0, r1 := b*block, min((b+1)*block, n)
		for i := r0; i < r1; i++ { // the square on the diagonal
			row := a.Row(i)
			for j := r0; j < i; j++ {
				a.Set(j, i, row[j])
				row[j] = 0
			}
		}
		for c0 := 0; c0 < r0; c0 += block {
			s := a.Data[r0*a.Stride+c0:]
			asm.Transpose(a.Data[c0*a.Stride+r0:], a.Stride, s, a.Stride, r1-r0, block)
			for i := range r1 - r0 {
				clear(s[i*a.Stride:][:block])
			}
		}
	})
}
