package plan

import (
	"math/rand/v2"
	"time"

	"sparsellm/linalg"
	"sparsellm/model"
)

// turn is how long each kind of work is measured; there are seven.
var turn = 250 * time.Millisecond

// probeWidth and probeTokens bound the matrices that are measured: wide enough
// for full speed, small enough for two seconds.
const (
	probeWidth  = 1536
	probeTokens = 1024
)

// Measure finds the machine's rates at the model's widths, in about two
// seconds.
func Measure(pool *linalg.Pool, c model.Config) Rates {
	d, f := min(c.Hidden, probeWidth), min(c.Intermediate, probeWidth)
	rng := rand.New(rand.NewPCG(1, 2))
	random := func(rows, cols int) linalg.Matrix[float32] {
		m := linalg.NewMatrix[float32](rows, cols)
		for i := range m.Data {
			m.Data[i] = rng.Float32() - 0.5
		}
		return m
	}
	x, up, hidden := random(probeTokens, d), random(f, d), random(probeTokens, f)
	gram := linalg.NewMatrix[float32](f, f)
	var r Rates
	r.Product = rate(2*probeTokens*float64(d)*float64(f), func() {
		linalg.Gemm(pool, linalg.NoTrans, linalg.Trans, 1, x, up, 0, hidden)
	})
	// A tile of queries against the keys of one head, of each thread its own.
	const tile, keys = 112, 512
	q, k, scores := random(tile, c.HeadDim), random(keys, c.HeadDim), linalg.NewMatrix[float32](tile, keys)
	r.Attention = float64(pool.Threads()) * rate(4*tile*keys*float64(c.HeadDim), func() {
		linalg.Gemm(nil, linalg.NoTrans, linalg.Trans, 1, q, k, 0, scores)
		linalg.Gemm(nil, linalg.NoTrans, linalg.NoTrans, 1, scores, k, 0, q)
		scores.Zero() // or they would grow
		q.Zero()
	})
	x = random(probeTokens, f)
	r.Gram = rate(probeTokens*float64(f)*float64(f), func() { linalg.Syrk(pool, linalg.Trans, 1, x, 0, gram) })
	linalg.Symmetrize(pool, gram)
	for i := range f {
		gram.Data[i*f+i] += probeTokens
	}
	factor := gram.Clone()
	r.Factor = rate(2.0/3*cube(f), func() {
		linalg.Copy(factor, gram)
		_ = linalg.InverseFactor(pool, factor) // it is positive definite
	})
	r.Sweep = sweepRate(pool, random, factor)
	a, b := linalg.Convert[float64](nil, random(384, d)), linalg.Convert[float64](nil, random(d, d))
	c64 := linalg.NewMatrix[float64](384, d)
	r.Double = rate(2*384*float64(d)*float64(d), func() {
		linalg.Gemm(pool, linalg.NoTrans, linalg.NoTrans, 1, a, b, 0, c64)
	})
	r.Exp = rate(float64(len(hidden.Data)), func() {
		pool.For(hidden.Rows, func(t int) { linalg.SwiGLU(hidden.Row(t), x.Row(t), x.Row(t)) })
	})
	r.Bytes = byteRate()
	return r
}

// sweepRate measures a sweep's blocks of 128 columns, mask and all.
func sweepRate(pool *linalg.Pool, random func(rows, cols int) linalg.Matrix[float32], factor linalg.Matrix[float32]) float64 {
	const rows = 512
	b := min(128, factor.Rows)
	r := factor.Slice(0, b, 0, b)
	dense := random(rows, b)
	w, errs := dense.Clone(), linalg.NewMatrix[float32](rows, b)
	return rate(rows*float64(b)*float64(b), func() {
		linalg.Copy(w, dense)
		threshold, _ := linalg.SaliencyThreshold(pool, w, r, rows*b/2)
		mask := linalg.Mask[float32]{Threshold: threshold}
		linalg.SolveMasked(pool, w, errs, r, mask, nil)
	})
}

// byteRate measures the bytes that a plain loop reads and writes, far beyond
// the caches: what norms, copies and conversions are bound by.
func byteRate() float64 {
	src, dst := make([]float32, 8<<20), make([]float32, 8<<20)
	return rate(float64(8*len(src)), func() {
		for i, v := range src {
			dst[i] += v
		}
	})
}

// rate does a piece of work again and again for one turn and returns how much
// of it a second holds.
func rate(work float64, f func()) float64 {
	f() // the first makes workspaces
	start, n := time.Now(), 0.0
	for time.Since(start) < turn {
		f()
		n++
	}
	return n * work / time.Since(start).Seconds()
}

func cube(n int) float64 { return float64(n) * float64(n) * float64(n) }
