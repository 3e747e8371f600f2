package linalg

import (
	"errors"
	"fmt"
	"math"
)

// ErrNotPositiveDefinite is what a factorisation's error wraps when the matrix
// has no Cholesky factor.
var ErrNotPositiveDefinite = errors.New("linalg: matrix is not positive definite")

// MinorError says which leading minor a Cholesky factorisation failed at. It
// unwraps to ErrNotPositiveDefinite.
type MinorError struct {
	Order int // of the failing leading minor, 1 for the first
}

func (e *MinorError) Error() string {
	return fmt.Sprintf("%v: leading minor of order %d", ErrNotPositiveDefinite, e.Order)
}

func (e *MinorError) Unwrap() error { return ErrNotPositiveDefinite }

// Potrf replaces the lower triangle of the n × n matrix a by its Cholesky
// factor L, a = L·Lᵀ. It reads and writes nothing above the diagonal. On
// error, which is a *MinorError, the lower triangle is spoilt.
func Potrf[T Float](p *Pool, a Matrix[T]) error {
	for j := range a.Rows {
		d := a.At(j, j)
		for k := range j {
			d -= a.At(j, k) * a.At(j, k)
		}
		if !(d > 0) || math.IsInf(float64(d), 0) {
			return &MinorError{j + 1}
		}
		d = T(math.Sqrt(float64(d)))
		a.Set(j, j, d)
		for i := j + 1; i < a.Rows; i++ {
			s := a.At(i, j)
			for k := range j {
				s -= a.At(i, k) * a.At(j, k)
			}
			a.Set(i, j, s/d)
		}
	}
	return nil
}

// SolveCholesky replaces each row of b (m × n) by row·(L·Lᵀ)⁻¹, with l the
// n × n lower factor that Potrf leaves: B ← B·A⁻¹.
func SolveCholesky[T Float](p *Pool, l, b Matrix[T]) {
	n := l.Rows
	p.For(b.Rows, func(r int) {
		x := b.Row(r)
		for i := range n { // L y = x
			s := x[i]
			for k := range i {
				s -= l.At(i, k) * x[k]
			}
			x[i] = s / l.At(i, i)
		}
		for i := n - 1; i >= 0; i-- { // Lᵀ x = y
			s := x[i]
			for k := i + 1; k < n; k++ {
				s -= l.At(k, i) * x[k]
			}
			x[i] = s / l.At(i, i)
		}
	})
}

// InverseFactor replaces the symmetric n × n matrix h, of which it reads the
// lower triangle, by the upper triangular R with h⁻¹ = Rᵀ·R, zeros below the
// diagonal. With P the reversal of order, P·h·P = L·Lᵀ gives h = U·Uᵀ with
// U = P·L·P, and R = U⁻¹: one Cholesky factorisation and one triangular
// inverse, 2n³/3 flops, where inverting h and factoring the inverse takes
// 4n³/3. On error, a *MinorError (of the reversed matrix), h is spoilt.
func InverseFactor[T Float](p *Pool, h Matrix[T]) error {
	n := h.Rows
	u := NewMatrix[T](n, n) // P·h·P
	for i := range n {
		for j := range i + 1 {
			u.Set(i, j, h.At(n-1-j, n-1-i))
		}
	}
	if err := Potrf(p, u); err != nil {
		return err
	}
	// M = L⁻¹ column by column, lower triangular; R = P·M·P... transposed
	// indices make it upper triangular.
	h.Zero()
	for j := range n {
		x := make([]T, n)
		x[j] = 1
		for i := j; i < n; i++ {
			s := x[i]
			for k := j; k < i; k++ {
				s -= u.At(i, k) * x[k]
			}
			x[i] = s / u.At(i, i)
			h.Set(n-1-i, n-1-j, x[i])
		}
	}
	return nil
}
