package prune

import "sparsellm/linalg"

// accumulator adds products of matrices that come by in chunks of tokens. The sums
// over chunks are in float64, since a Gram matrix has the square of its
// factor's condition number; the product of a chunk is computed in T, unless
// exact. It is used from one goroutine.
type accumulator[T linalg.Float] struct {
	exact bool
	chunk linalg.Matrix[T] // memory for the product of a chunk
}

// product adds aᵀ·b to dst: tokens × m, tokens × n, m × n.
func (s *accumulator[T]) product(pool *linalg.Pool, dst linalg.Matrix[float64], a, b linalg.Matrix[T]) {
	if s.exact {
		a, b := linalg.Convert[float64](pool, a), linalg.Convert[float64](pool, b)
		defer linalg.GiveBack(pool, a, b)
		linalg.Gemm(pool, linalg.Trans, linalg.NoTrans, 1, a, b, 1, dst)
		return
	}
	c := s.room(pool, dst)
	linalg.Gemm(pool, linalg.Trans, linalg.NoTrans, 1, a, b, 0, c)
	addTo(pool, dst, c, false)
}

// gram adds the lower triangle of xᵀ·x to dst: tokens × n, n × n.
func (s *accumulator[T]) gram(pool *linalg.Pool, dst linalg.Matrix[float64], x linalg.Matrix[T]) {
	if s.exact {
		x := linalg.Convert[float64](pool, x)
		defer linalg.GiveBack(pool, x)
		linalg.Syrk(pool, linalg.Trans, 1, x, 1, dst)
		return
	}
	c := s.room(pool, dst)
	linalg.Syrk(pool, linalg.Trans, 1, x, 0, c)
	addTo(pool, dst, c, true)
}

func (s *accumulator[T]) room(pool *linalg.Pool, dst linalg.Matrix[float64]) linalg.Matrix[T] {
	n := dst.Rows * dst.Cols
	if len(s.chunk.Data) < n {
		linalg.GiveBack(pool, s.chunk)
		s.chunk = linalg.Take[T](pool, 1, n)
	}
	return linalg.MatrixOf(dst.Rows, dst.Cols, s.chunk.Data[:n])
}

// addTo adds m to dst, the lower triangle alone if lower.
func addTo[T linalg.Float](pool *linalg.Pool, dst linalg.Matrix[float64], m linalg.Matrix[T], lower bool) {
	pool.For(dst.Rows, func(i int) {
		if lower {
			i = dst.Rows - 1 - i // the order in which linalg.Syrk goes about them
		}
		row, from := dst.Row(i), m.Row(i)
		if lower {
			from = from[:i+1]
		}
		linalg.AddTo(row, from)
	})
}
