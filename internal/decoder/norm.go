package decoder

import (
	"math"

	"sparsellm/linalg"
)

// NormKind is which norm an architecture has.
type NormKind struct {
	// Mean says that the mean is taken away first: a LayerNorm, rather than an
	// RMSNorm.
	Mean bool
	Eps  float64
	// Weight and Bias say which of the two there are; only a LayerNorm has a
	// bias.
	Weight, Bias bool
	// PlusOne says that 1 is added to the weights.
	PlusOne bool
}

// norm is a norm with its weights.
type norm[T linalg.Float] struct {
	kind         NormKind
	weight, bias []T // nil where there are none
}

// newNorm loads a norm of so many features; none if name is empty.
func newNorm[T linalg.Float](l *Loader[T], kind NormKind, name string, width int) norm[T] {
	n := norm[T]{kind: kind}
	if kind.Weight && name != "" {
		n.weight = l.Vector(name+".weight", width)
		if kind.PlusOne {
			for i := range n.weight {
				n.weight[i]++
			}
		}
	}
	if kind.Bias && name != "" {
		n.bias = l.Vector(name+".bias", width)
	}
	return n
}

// run writes the norm of each row of x to dst, which may be x.
func (n *norm[T]) run(pool *linalg.Pool, dst, x linalg.Matrix[T]) {
	if n.kind.Mean {
		LayerNorm(pool, dst, x, n.weight, n.bias, n.kind.Eps)
	} else {
		RMSNorm(pool, dst, x, n.weight, n.kind.Eps)
	}
}

// LayerNorm writes (x − mean)/√(var + eps)·weight + bias of each row of x to
// dst, which may be x. The variance is that of the population, found in a
// second pass (Ba et al., 2016). A nil weight or bias is one of ones or zeros.
func LayerNorm[T linalg.Float](pool *linalg.Pool, dst, x linalg.Matrix[T], weight, bias []T, eps float64) {
	EachRow(pool, x.Rows, func(t int) {
		src, out := x.Row(t), dst.Row(t)
		var mean float64
		for _, v := range src {
			mean += float64(v)
		}
		mean /= float64(len(src))
		var sum float64
		for _, v := range src {
			d := float64(v) - mean
			sum += d * d
		}
		scale := 1 / math.Sqrt(sum/float64(len(src))+eps)
		for i, v := range src {
			y := (float64(v) - mean) * scale
			if weight != nil {
				y *= float64(weight[i])
			}
			if bias != nil {
				y += float64(bias[i])
			}
			out[i] = T(y)
		}
	})
}

// RMSNorm writes x/√(mean(x²) + eps)·weight of each row of x to dst, which may
// be x (Zhang and Sennrich, 2019).
func RMSNorm[T linalg.Float](pool *linalg.Pool, dst, x linalg.Matrix[T], weight []T, eps float64) {
	EachRow(pool, x.Rows, func(t int) {
		src, out := x.Row(t), dst.Row(t)
		scale := 1 / math.Sqrt(linalg.Dot(src, src)/float64(len(src))+eps)
		for i, v := range src {
			out[i] = T(float64(v) * scale * float64(weight[i]))
		}
	})
}

// Add computes x ← x + y.
func Add[T linalg.Float](pool *linalg.Pool, x, y linalg.Matrix[T]) {
	EachRow(pool, x.Rows, func(t int) {
		row := x.Row(t)
		for i, v := range y.Row(t) {
			row[i] += v
		}
	})
}
