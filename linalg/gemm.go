package linalg

// Transpose says whether a routine reads an operand as it is or transposed.
type Transpose bool

const (
	NoTrans Transpose = false
	Trans   Transpose = true
)

// Gemm computes C ← α·op(A)·op(B) + β·C, with op(A) m × k, op(B) k × n and
// C m × n. With β = 0, C is not read.
func Gemm[T Float](p *Pool, tA, tB Transpose, alpha T, a, b Matrix[T], beta T, c Matrix[T]) {
	k := a.Cols
	if tA {
		k = a.Rows
	}
	p.For(c.Rows, func(i int) {
		row := c.Row(i)
		for j := range row {
			var s T
			for l := range k {
				var x, y T
				if tA {
					x = a.At(l, i)
				} else {
					x = a.At(i, l)
				}
				if tB {
					y = b.At(j, l)
				} else {
					y = b.At(l, j)
				}
				s += x * y
			}
			if beta == 0 {
				row[j] = alpha * s
			} else {
				row[j] = alpha*s + beta*row[j]
			}
		}
	})
}

// Syrk computes the lower triangle of C ← α·op(A)·op(A)ᵀ + β·C, C n × n and
// op(A) n × k; what is above the diagonal is neither read nor written.
func Syrk[T Float](p *Pool, t Transpose, alpha T, a Matrix[T], beta T, c Matrix[T]) {
	k := a.Cols
	if t {
		k = a.Rows
	}
	p.For(c.Rows, func(i int) {
		row := c.Row(i)
		for j := range i + 1 {
			var s T
			for l := range k {
				if t {
					s += a.At(l, i) * a.At(l, j)
				} else {
					s += a.At(i, l) * a.At(j, l)
				}
			}
			if beta == 0 {
				row[j] = alpha * s
			} else {
				row[j] = alpha*s + beta*row[j]
			}
		}
	})
}

// Symmetrize copies the lower triangle of the square matrix c to the upper.
func Symmetrize[T Float](c Matrix[T]) {
	for i := range c.Rows {
		for j := range i {
			c.Set(j, i, c.At(i, j))
		}
	}
}
