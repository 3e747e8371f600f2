package linalg

import "fmt"

// Transpose says whether a routine reads an operand as it is or transposed.
type Transpose bool

const (
	NoTrans Transpose = false
	Trans   Transpose = true
)

// Gemm computes C ← α·op(A)·op(B) + β·C, with op(A) m × k, op(B) k × n and
// C m × n. With β = 0, C is not read. C must not overlap A or B.
func Gemm[T Float](p *Pool, tA, tB Transpose, alpha T, a, b Matrix[T], beta T, c Matrix[T]) {
	m, k := shape(a, tA)
	kb, n := shape(b, tB)
	if k != kb || m != c.Rows || n != c.Cols {
		panic(fmt.Sprintf("linalg: Gemm: %d × %d by %d × %d into %d × %d", m, k, kb, n, c.Rows, c.Cols))
	}
	multiply(p, product[T]{a, b, c, tA, tB, alpha, beta, k, false})
}

// Syrk computes the lower triangle of C ← α·op(A)·op(A)ᵀ + β·C, C n × n and
// op(A) n × k, at half the work of Gemm; what is above the diagonal is neither
// read nor written. With β = 0, C is not read. C must not overlap A.
func Syrk[T Float](p *Pool, t Transpose, alpha T, a Matrix[T], beta T, c Matrix[T]) {
	n, k := shape(a, t)
	if n != c.Rows || n != c.Cols {
		panic(fmt.Sprintf("linalg: Syrk: %d × %d into %d × %d", n, k, c.Rows, c.Cols))
	}
	multiply(p, product[T]{a, a, c, t, !t, alpha, beta, k, true})
}

// shape returns the rows and columns of op(a).
func shape[T Float](a Matrix[T], t Transpose) (rows, cols int) {
	if t {
		return a.Cols, a.Rows
	}
	return a.Rows, a.Cols
}

// Symmetrize copies the lower triangle of the square matrix c to the upper.
func Symmetrize[T Float](p *Pool, c Matrix[T]) {
	const block = 16 // both squares of a pair stay in the first-level cache
	p.For(ceilDiv(c.Rows, block), func(task int) {
		i0 := task * block
		for j0 := 0; j0 <= i0; j0 += block {
			for i := i0; i < min(i0+block, c.Rows); i++ {
				for j, v := range c.Row(i)[j0:min(j0+block, i)] {
					c.Set(j0+j, i, v)
				}
			}
		}
	})
}
