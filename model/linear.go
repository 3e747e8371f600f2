package model

import (
	"fmt"

	"sparsellm/linalg"
)

// Apply computes dst ← x·Wᵀ + b for x, tokens × in, and dst, tokens × out.
func (l *Linear[T]) Apply(pool *linalg.Pool, dst, x linalg.Matrix[T]) {
	if l.Bias == nil {
		linalg.Gemm(pool, linalg.NoTrans, linalg.Trans, 1, x, l.Weight, 0, dst)
		return
	}
	l.mustFit(dst)
	for t := range dst.Rows {
		copy(dst.Row(t), l.Bias)
	}
	linalg.Gemm(pool, linalg.NoTrans, linalg.Trans, 1, x, l.Weight, 1, dst)
}

// AddTo computes dst ← dst + x·Wᵀ + b.
func (l *Linear[T]) AddTo(pool *linalg.Pool, dst, x linalg.Matrix[T]) {
	if l.Bias != nil {
		l.mustFit(dst)
		for t := range dst.Rows {
			row := dst.Row(t)
			for i, b := range l.Bias {
				row[i] += b
			}
		}
	}
	linalg.Gemm(pool, linalg.NoTrans, linalg.Trans, 1, x, l.Weight, 1, dst)
}

func (l *Linear[T]) mustFit(dst linalg.Matrix[T]) {
	if len(l.Bias) != dst.Cols {
		panic(fmt.Sprintf("model: %s: bias of %d for %d outputs", l.Name, len(l.Bias), dst.Cols))
	}
}
