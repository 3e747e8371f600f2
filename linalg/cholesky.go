package linalg

import (
	"errors"
	"fmt"

	"sparsellm/asm"
)

// ErrNotPositiveDefinite is what a factorisation's error wraps when the matrix
// has no Cholesky factor.
var ErrNotPositiveDefinite = errors.New("linalg: matrix is not positive definite")

// Potrf replaces the lower triangle of the n × n matrix a by its Cholesky
// factor L, a = L·Lᵀ. It reads and writes nothing above the diagonal. On
// error, which wraps ErrNotPositiveDefinite and names the leading minor that is
// not positive, the lower triangle is spoilt. A pivot that is
// not a positive finite number fails, so NaN and infinity do.
func Potrf[T Float](p *Pool, a Matrix[T]) error {
	if a.Rows != a.Cols {
		panic(fmt.Sprintf("linalg: Potrf: %d × %d", a.Rows, a.Cols))
	}
	return minorError(factor(p, a, false))
}

// minorError is that of the pivot that fails, nil for -1.
func minorError(pivot int) error {
	if pivot < 0 {
		return nil
	}
	return fmt.Errorf("%w: leading minor of order %d", ErrNotPositiveDefinite, pivot+1)
}

// factor is Potrf, and returns the pivot that fails, or -1. In reverse it
// replaces the lower triangle of a by the lower triangular V with a = Vᵀ·V,
// which is L of a with the order of rows and columns reversed; so are pivots.
func factor[T Float](p *Pool, a Matrix[T], reverse bool) int {
	n := a.Rows
	if n <= factorLeaf {
		return factorBlock(a, reverse)
	}
	mr, _ := asm.GemmTile[T]()
	h := halve(n, mr)
	first, a21, last := a.Slice(0, h, 0, h), a.Slice(h, n, 0, h), a.Slice(h, n, h, n)
	if reverse {
		first, last = last, first
	}
	if at := factor(p, first, reverse); at >= 0 {
		return at
	}
	if reverse {
		Trsm(p, Left, Trans, first, a21)
		Syrk(p, Trans, -1, a21, 1, last)
	} else {
		Trsm(p, Right, Trans, first, a21)
		Syrk(p, NoTrans, -1, a21, 1, last)
	}
	if at := factor(p, last, reverse); at >= 0 {
		return first.Rows + at
	}
	return -1
}

// factorLeaf is the order of the blocks on the diagonal, which one thread
// factors while the others wait.
const factorLeaf = 112

// factorBlock factors a small matrix in a workspace that holds the upper
// triangle U of UᵀU, since the kernels' vectors run along rows: U = Lᵀ, or the
// reversed V.
func factorBlock[T Float](a Matrix[T], reverse bool) int {
	n := a.Rows
	mr, nr := asm.GemmTile[T]()
	rows := roundUp(n, mr)
	ld := rows + nr // the last tile of a row of tiles reaches past the end
	work := borrow[T](rows * ld)
	defer work.giveBack()
	u := work.data
	var tri [maxRows * maxRows]T
	for i := range rows {
		clear(u[i*ld+i:][:ld-i])
		if i >= n {
			u[i*ld+i] = 1
		}
	}
	for i := range n {
		for j, v := range a.Row(i)[:i+1] {
			if reverse {
				u[(n-1-i)*ld+n-1-j] = v
			} else {
				u[j*ld+i] = v
			}
		}
	}
	for i := 0; i < rows; i += mr {
		for j := i; j < rows; j += nr {
			if i > 0 {
				asm.Gemm(i, -1, u[i:], ld, u[j:], ld, 1, u[i*ld+j:], ld, mr, nr)
			}
		}
		if at := asm.Potrf(u[i*ld+i:], ld); at >= 0 {
			return i + at
		}
		if i+nr >= rows {
			continue
		}
		for l := range mr {
			copy(tri[l*mr:], u[(i+l)*ld+i:][:mr])
			tri[l*mr+l] = 1 / tri[l*mr+l]
		}
		for j := i + nr; j < rows; j += nr {
			asm.Trsm(tri[:], mr, u[i*ld+j:], ld)
		}
	}
	for i := range n {
		row := a.Row(i)[:i+1]
		for j := range row {
			if reverse {
				row[j] = u[(n-1-i)*ld+n-1-j]
			} else {
				row[j] = u[j*ld+i]
			}
		}
	}
	return -1
}

// SolveCholesky replaces each row of b (m × n) by row·(L·Lᵀ)⁻¹, with l the
// n × n lower factor that Potrf leaves: B ← B·A⁻¹.
func SolveCholesky[T Float](p *Pool, l, b Matrix[T]) {
	Trsm(p, Right, Trans, l, b)
	Trsm(p, Right, NoTrans, l, b)
}
