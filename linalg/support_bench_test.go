package linalg

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// correlatedGram returns the Gram matrix of inputs whose features are an
// autoregression of lag one, their scales spread over e^±spread, and a ridge
// of the given share of the mean diagonal.
func correlatedGram(p *Pool, rng *rand.Rand, n, tokens int, lag, spread, ridge float64) Matrix[float64] {
	x := NewMatrix[float64](tokens, n)
	scales := make([]float64, n)
	for j := range scales {
		scales[j] = math.Exp(spread * (2*rng.Float64() - 1))
	}
	for t := range tokens {
		row := x.Row(t)
		prev := 0.0
		for j := range row {
			prev = lag*prev + math.Sqrt(1-lag*lag)*rng.NormFloat64()
			row[j] = prev * scales[j]
		}
	}
	g := NewMatrix[float64](n, n)
	Syrk(p, Trans, 1, x, 0, g)
	Symmetrize(nil, g)
	var trace float64
	for i := range n {
		trace += g.At(i, i)
	}
	for i := range n {
		g.Data[i*n+i] += ridge * trace / float64(n)
	}
	return g
}

// masked returns a copy of w with the given share of each row zeroed.
func masked[T Float](rng *rand.Rand, w Matrix[T], share float64) Matrix[T] {
	w = w.Clone()
	for i := range w.Rows {
		for _, j := range rng.Perm(w.Cols)[:int(share*float64(w.Cols))] {
			w.Set(i, j, 0)
		}
	}
	return w
}

// residual returns (w0 − w)·g.
func residual[T Float](p *Pool, g Matrix[float64], w0, w Matrix[T]) Matrix[float64] {
	d := Convert[float64](nil, w0)
	for i := range d.Rows {
		for j, v := range w.Row(i) {
			d.Data[i*d.Stride+j] -= float64(v)
		}
	}
	r := NewMatrix[float64](w.Rows, w.Cols)
	Gemm(p, NoTrans, NoTrans, 1, d, g, 0, r)
	return r
}

func BenchmarkLeastSquaresOnSupport(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, s := range []struct {
		rows, cols int
		share      float64
	}{{1536, 576, 0.5}, {576, 1536, 0.5}, {576, 1536, 0.9}} {
		p := pool()
		g := correlatedGram(p, rng, s.cols, 2*s.cols, 0.8, 2, 0.01)
		w0 := random[float32](rng, s.rows, s.cols)
		start := masked(rng, w0, s.share)
		r0 := residual(p, g, w0, start)
		for _, tolerance := range []float64{1e-2, 1e-4} {
			b.Run(fmt.Sprintf("%dx%d/%g/%g", s.rows, s.cols, s.share, tolerance), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					LeastSquaresOnSupport(p, g, r0.Clone(), start.Clone(), tolerance)
				}
			})
		}
	}
}
