package prune

import (
	"math"

	"sparsellm/linalg"
)

// Convolution is a gated short convolution (LFM2, Liquid AI, 2025), which needs
// its own steps: between its two matrices lies no activation but a filter along
// the sequence, one for each feature,
//
//	b, c, v = In·x + InBias
//	y = Out·(c ∘ (Filter ∗ (b ∘ v) + Bias))
type Convolution[T linalg.Float] struct {
	In, Out linalg.Matrix[T] // 3·features × hidden, hidden × features
	InBias  []T              // nil without one
	Filter  linalg.Matrix[T] // features × length; the last entry is for the position itself
	Bias    []T              // of the filter; nil without one
}

// run writes c ∘ (Filter ∗ (b ∘ v) + Bias) to dst, tokens × features, of
// z = (b, c, v), for sequences of the given lengths.
func (n *Convolution[T]) run(pool *linalg.Pool, dst, z linalg.Matrix[T], lengths []int) {
	n.eachFeature(pool, dst, z, lengths, func(s *sequence) {
		s.filtered(s.gate)
		for t, q := range s.gate {
			s.p[t] = s.c[t] * q
		}
	})
}

// step lowers, over z = (b, c, v) with m, what the weights make of x, and p,
//
//	α‖z − m‖² + γ‖p − c ∘ (Filter ∗ (b ∘ v) + Bias)‖²
//
// for γ = 1: c, b and v in turn, twice, each by its minimum. That of c is
//
//	c = (αm + q·p) / (α + q²),  q = Filter ∗ (b ∘ v) + Bias,
//
// and for b, as for v, the filter has one band matrix for each feature. z is m on
// entry. p changes.
func (n *Convolution[T]) step(pool *linalg.Pool, z, p linalg.Matrix[T], lengths []int, alpha float64) {
	n.eachFeature(pool, p, z, lengths, func(s *sequence) {
		copy(s.b0, s.b)
		copy(s.c0, s.c)
		copy(s.v0, s.v)
		for range 2 {
			s.filtered(s.gate)
			for t, q := range s.gate {
				s.c[t] = (alpha*s.c0[t] + q*s.p[t]) / (alpha + q*q)
			}
			s.solve(s.b, s.b0, s.v, alpha)
			s.solve(s.v, s.v0, s.b, alpha)
		}
	})
}

// eachFeature has f go over every feature of every sequence, and stores what it
// leaves in p and in b, c and v.
func (n *Convolution[T]) eachFeature(pool *linalg.Pool, p, z linalg.Matrix[T], lengths []int, f func(*sequence)) {
	const together = 16 // features whose rows are in one line of the cache
	d := p.Cols
	blocks := (d + together - 1) / together
	at := 0
	for _, length := range lengths {
		pool.For(blocks, func(block int) {
			s := newSequence(length, n.Filter.Cols)
			for j := block * together; j < min(d, (block+1)*together); j++ {
				for k, v := range n.Filter.Row(j) {
					s.filter[n.Filter.Cols-1-k] = float64(v)
				}
				s.bias = 0
				if n.Bias != nil {
					s.bias = float64(n.Bias[j])
				}
				for t := range length {
					row := z.Row(at + t)
					s.b[t], s.c[t], s.v[t] = float64(row[j]), float64(row[d+j]), float64(row[2*d+j])
					s.p[t] = float64(p.At(at+t, j))
				}
				f(s)
				for t := range length {
					row := z.Row(at + t)
					row[j], row[d+j], row[2*d+j] = T(s.b[t]), T(s.c[t]), T(s.v[t])
					p.Set(at+t, j, T(s.p[t]))
				}
			}
		})
		at += length
	}
}

// sequence is one feature along a sequence.
type sequence struct {
	b, c, v, p []float64
	filter     []float64 // the first entry is for the position itself
	bias       float64
	b0, c0, v0 []float64 // m
	gate       []float64
	band       []float64 // of a triangular matrix: of each row the diagonal, and what is before it
}

func newSequence(length, filter int) *sequence {
	s := &sequence{filter: make([]float64, filter), band: make([]float64, length*filter)}
	for _, p := range []*[]float64{&s.b, &s.c, &s.v, &s.p, &s.b0, &s.c0, &s.v0, &s.gate} {
		*p = make([]float64, length)
	}
	return s
}

// filtered writes Filter ∗ (b ∘ v) + Bias to dst.
func (s *sequence) filtered(dst []float64) {
	for t := range dst {
		q := s.bias
		for k := range min(len(s.filter), t+1) {
			q += s.filter[k] * s.b[t-k] * s.v[t-k]
		}
		dst[t] = q
	}
}

// solve stores in x, which is b or v, the minimum of
//
//	α‖x − x₀‖² + ‖p − c∘Bias − A·x‖²,  A[t, t−k] = c[t]·Filter[k]·other[t−k],
//
// by Cholesky's factorisation of αI + AᵀA, which has as many bands as the filter
// has entries.
func (s *sequence) solve(x, x0, other []float64, alpha float64) {
	n, w := len(x), len(s.filter)
	for t := range n {
		last := min(n-1, t+w-1)
		y := alpha * x0[t]
		for u := t; u <= last; u++ {
			y += other[t] * s.c[u] * s.filter[u-t] * (s.p[u] - s.c[u]*s.bias)
		}
		for k := min(w-1, t); k >= 0; k-- { // αI + AᵀA in row t, k before the diagonal
			var sum float64
			for u := t; u < min(n, t-k+w); u++ {
				sum += s.c[u] * s.c[u] * s.filter[u-t] * s.filter[u-t+k]
			}
			sum *= other[t] * other[t-k]
			if k == 0 {
				sum += alpha
			}
			for m := 1; m < w-k && m <= t-k; m++ {
				sum -= s.band[t*w+k+m] * s.band[(t-k)*w+m]
			}
			if k == 0 {
				sum = math.Sqrt(max(sum, alpha/2)) // it is at least α, but for rounding
			} else {
				sum /= s.band[(t-k)*w]
			}
			s.band[t*w+k] = sum
		}
		for k := 1; k < w && k <= t; k++ {
			y -= s.band[t*w+k] * x[t-k]
		}
		x[t] = y / s.band[t*w]
	}
	for t := n - 1; t >= 0; t-- {
		y := x[t]
		for k := 1; k < w && t+k < n; k++ {
			y -= s.band[(t+k)*w+k] * x[t+k]
		}
		x[t] = y / s.band[t*w]
	}
}
