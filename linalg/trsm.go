package linalg

import (
	"fmt"

	"sparsellm/asm"
)

// Side says on which side of the unknown a triangle stands.
type Side bool

const (
	Left  Side = false // op(L)·X = B
	Right Side = true  // X·op(L) = B
)

// Trsm replaces b by the solution X of op(L)·X = B or, on the right, of
// X·op(L) = B, for the lower triangle L of the square matrix l. What l holds
// above its diagonal is not read. b must not overlap l.
func Trsm[T Float](p *Pool, side Side, t Transpose, l, b Matrix[T]) {
	n := b.Rows
	if side == Right {
		n = b.Cols
	}
	if l.Rows != l.Cols || l.Rows != n {
		panic(fmt.Sprintf("linalg: Trsm: %d × %d for %d × %d", l.Rows, l.Cols, b.Rows, b.Cols))
	}
	if n == 0 || b.Rows == 0 || b.Cols == 0 {
		return
	}
	mr, _ := asm.GemmTile[T]()
	if n <= leaf {
		solveLeaf(p, side, t, l, b)
		return
	}
	// Solve for one half, take its part from the other, solve for that. The
	// products do nearly all the work.
	h := halve(n, mr)
	l11, l21, l22 := l.Slice(0, h, 0, h), l.Slice(h, n, 0, h), l.Slice(h, n, h, n)
	var b1, b2 Matrix[T]
	if side == Left {
		b1, b2 = b.Slice(0, h, 0, b.Cols), b.Slice(h, n, 0, b.Cols)
	} else {
		b1, b2 = b.Slice(0, b.Rows, 0, h), b.Slice(0, b.Rows, h, n)
	}
	if (side == Left) == bool(t) { // op(L), or its transpose on the right, is upper: from the end on
		b1, b2, l11, l22 = b2, b1, l22, l11
	}
	Trsm(p, side, t, l11, b1)
	if side == Left {
		Gemm(p, t, NoTrans, -1, l21, b1, 1, b2)
	} else {
		Gemm(p, NoTrans, t, -1, b1, l21, 1, b2)
	}
	Trsm(p, side, t, l22, b2)
}

// leaf is the largest order of a triangle that the recursions of this package
// leave to the tile kernels.
const leaf = 224

// halve splits n > leaf where whole tiles of mr rows end.
func halve(n, mr int) int { return roundUp(ceilDiv(n, 2), mr) }

// solveLeaf is Trsm for a small triangle. All four forms become forward
// substitution, T·Y = C with a lower triangle T: transposing both sides brings
// the triangle to the left, and reversing the order of the unknowns makes an
// upper triangle lower.
func solveLeaf[T Float](p *Pool, side Side, t Transpose, l, b Matrix[T]) {
	mr, nr := asm.GemmTile[T]()
	n := l.Rows
	reverse := (side == Left) == bool(t) // op(L), or its transpose on the right, is upper
	m := b.Cols
	if side == Right {
		m = b.Rows
	}
	padded := roundUp(n, mr)
	tri := borrow[T](triangleLen(n, mr))
	defer tri.giveBack()
	packTriangle(tri.data, l, mr, reverse)
	if m*n*n <= soloWork {
		p = nil
	}
	p.For(ceilDiv(m, nr), func(panel int) {
		x := borrow[T](padded * nr)
		defer x.giveBack()
		j, w := panel*nr, min(nr, m-panel*nr)
		if side == Left {
			asm.Pack(x.data, nr, b.Data[j:], b.Stride, n, w)
		} else {
			asm.Transpose(x.data, nr, b.Data[j*b.Stride:], b.Stride, w, n)
			clearColumns(x.data, nr, n, w)
		}
		clear(x.data[n*nr:])
		if reverse {
			reverseRows(x.data[:n*nr], nr)
		}
		substitute(tri.data, x.data, mr, nr, 0, padded)
		if reverse {
			reverseRows(x.data[:n*nr], nr)
		}
		if side == Left {
			for i := range n {
				copy(b.Data[i*b.Stride+j:][:w], x.data[i*nr:])
			}
		} else {
			asm.Transpose(b.Data[j*b.Stride:], b.Stride, x.data, nr, n, w)
		}
	})
}

// substitute solves T·Y = X in place for one packed panel of X, rows from r0
// on, given that those before are zero. Both ends are multiples of mr.
func substitute[T Float](tri, x []T, mr, nr, r0, r1 int) {
	for i := r0; i < r1; i += mr {
		panel := tri[triangleLen(i, mr):]
		if i > r0 {
			asm.Gemm(i-r0, -1, panel[r0*mr:], mr, x[r0*nr:], nr, 1, x[i*nr:], nr, mr, nr)
		}
		asm.Trsm(panel[i*mr:], mr, x[i*nr:], nr)
	}
}

// triangleLen is the length of a packed triangle of order n: panel i, of mr
// rows, is (i+1)·mr deep.
func triangleLen(n, mr int) int {
	panels := ceilDiv(n, mr)
	return panels * (panels + 1) / 2 * mr * mr
}

// packTriangle packs the lower triangle of l, or of its transpose with rows
// and columns in reverse order, into panels of mr rows, with reciprocals on
// the diagonal and ones where it goes on past the end.
func packTriangle[T Float](dst []T, l Matrix[T], mr int, reverse bool) {
	n := l.Rows
	for i := 0; i < n; i += mr {
		m := min(mr, n-i)
		if reverse {
			for p := range i + m {
				row := l.Row(n - 1 - p)
				for r := max(0, p-i); r < m; r++ {
					dst[p*mr+r] = row[n-1-i-r]
				}
			}
		} else {
			asm.Transpose(dst, mr, l.Data[i*l.Stride:], l.Stride, m, i)
			for r := range m {
				for p, v := range l.Row(i + r)[i : i+r+1] {
					dst[(i+p)*mr+r] = v
				}
			}
		}
		clearColumns(dst, mr, i, m)
		for r := range mr {
			p := i + r
			if r < m {
				dst[p*mr+r] = 1 / dst[p*mr+r]
				clear(dst[p*mr+m:][:mr-m])
			} else {
				clear(dst[p*mr:][:mr])
				dst[p*mr+r] = 1
			}
		}
		dst = dst[(i+mr)*mr:]
	}
}

// clearColumns zeroes the columns from m on of k rows of w.
func clearColumns[T Float](x []T, w, k, m int) {
	for p := 0; m < w && p < k; p++ {
		clear(x[p*w+m:][:w-m])
	}
}

// reverseRows turns the order of x's rows of w elements.
func reverseRows[T Float](x []T, w int) {
	for i, j := 0, len(x)-w; i < j; i, j = i+w, j-w {
		u, v := x[i:i+w], x[j:j+w]
		for c := range u {
			u[c], v[c] = v[c], u[c]
		}
	}
}
