package linalg

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
)

func random[T Float](rng *rand.Rand, rows, cols int) Matrix[T] {
	m := NewMatrix[T](rows, cols)
	for i := range m.Data {
		m.Data[i] = T(2*rng.Float64() - 1)
	}
	return m
}

func gflops(b *testing.B, flops float64) {
	b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}

func benchmarkGemm[T Float](b *testing.B, m, n, k int) {
	rng := rand.New(rand.NewPCG(1, 2))
	x, y, z := random[T](rng, m, k), random[T](rng, k, n), NewMatrix[T](m, n)
	b.Run(fmt.Sprintf("%dx%dx%d", m, n, k), func(b *testing.B) {
		b.ReportAllocs()
		p := pool()
		for b.Loop() {
			Gemm(p, NoTrans, NoTrans, 1, x, y, 0, z)
		}
		gflops(b, 2*float64(m)*float64(n)*float64(k))
	})
}

// pool is as wide as -cpu says.
func pool() *Pool { return NewPool(runtime.GOMAXPROCS(0)) }

func BenchmarkSGEMM(b *testing.B) {
	benchmarkGemm[float32](b, 1536, 576, 4096)
	benchmarkGemm[float32](b, 2048, 2048, 2048)
	benchmarkGemm[float32](b, 128, 32, 32)
	benchmarkGemm[float32](b, 128, 128, 128)
}

func BenchmarkSSYRK(b *testing.B) {
	const n, k = 1536, 4096
	rng := rand.New(rand.NewPCG(1, 2))
	c := NewMatrix[float32](n, n)
	for _, t := range []Transpose{NoTrans, Trans} {
		name := fmt.Sprintf("%dx%d", n, k)
		x := random[float32](rng, n, k)
		if t {
			name += "/trans"
			x = random[float32](rng, k, n)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			p := pool()
			for b.Loop() {
				Syrk(p, t, 1, x, 1, c)
			}
			gflops(b, n*n*k)
		})
	}
}

// hessian returns XᵀX/k + I/100 for random X, k = 2n.
func hessian[T Float](n int) Matrix[T] {
	rng := rand.New(rand.NewPCG(1, 2))
	x := random[T](rng, 2*n, n)
	h := NewMatrix[T](n, n)
	Syrk(NewPool(2), Trans, 1/T(2*n), x, 0, h)
	for i := range n {
		h.Data[i*n+i] += 0.01
	}
	Symmetrize(nil, h)
	return h
}

func benchmarkFactor[T Float](b *testing.B, n int, flops float64, f func(p *Pool, a Matrix[T]) error) {
	h := hessian[T](n)
	a := h.Clone()
	b.Run(fmt.Sprint(n), func(b *testing.B) {
		b.ReportAllocs()
		p := pool()
		for b.Loop() {
			Copy(a, h)
			if err := f(p, a); err != nil {
				b.Fatal(err)
			}
		}
		gflops(b, flops)
	})
}

func BenchmarkSPOTRF(b *testing.B) {
	for _, n := range []int{128, 1536, 3072} {
		benchmarkFactor(b, n, float64(n)*float64(n)*float64(n)/3, Potrf[float32])
	}
}

func BenchmarkDPOTRF(b *testing.B) {
	benchmarkFactor(b, 1536, 1536*1536*1536/3, Potrf[float64])
}

func BenchmarkInverseFactor(b *testing.B) {
	benchmarkFactor(b, 1536, 1536*1536*1536*2/3, InverseFactor[float32])
}
