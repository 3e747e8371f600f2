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
