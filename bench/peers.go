package main

import (
	"runtime"

	"github.com/ajroetker/go-highway/hwy/contrib/matmul"
	"github.com/ajroetker/go-highway/hwy/contrib/workerpool"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
	"github.com/viterin/vek/vek32"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// peer is another Go library's way to do an operation. It takes GOMAXPROCS
// for its number of threads.
type peer struct {
	name  string
	setup func() func()
}

// products returns who else multiplies m × k by k × n in float32.
func products(m, n, k int) []peer {
	return []peer{
		{"gonum", func() func() {
			a, b := random(m, k), random(k, n)
			x := blas32.General{Rows: m, Cols: k, Stride: k, Data: a.Data}
			y := blas32.General{Rows: k, Cols: n, Stride: n, Data: b.Data}
			z := blas32.General{Rows: m, Cols: n, Stride: n, Data: make([]float32, m*n)}
			return func() { blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, x, y, 0, z) }
		}},
		{"vek", func() func() {
			a, b, c := random(m, k), random(k, n), make([]float32, m*n)
			return func() { vek32.MatMul_Into(c, a.Data, b.Data, k) }
		}},
		{"go-highway", func() func() {
			a, b, c := random(m, k), random(k, n), make([]float32, m*n)
			pool := workerpool.New(runtime.GOMAXPROCS(0))
			return func() { matmul.MatMulAuto(pool, a.Data, b.Data, c, m, n, k) }
		}},
		{"gomlx", func() func() { return gomlx(m, n, k) }},
	}
}

func gomlx(m, n, k int) func() {
	backend, err := gobackend.New("")
	must(err)
	builder := backend.Builder("product")
	f := builder.Main()
	left, right := shapes.Make(dtypes.Float32, m, k), shapes.Make(dtypes.Float32, k, n)
	x, err := f.Parameter("x", left, nil)
	must(err)
	y, err := f.Parameter("y", right, nil)
	must(err)
	z, err := f.DotGeneral(x, []int{1}, nil, y, []int{0}, nil, compute.DotGeneralConfig{})
	must(err)
	must(f.Return([]compute.Value{z}, nil))
	program, err := builder.Compile()
	must(err)
	a, err := backend.BufferFromFlatData(0, random(m, k).Data, left)
	must(err)
	b, err := backend.BufferFromFlatData(0, random(k, n).Data, right)
	must(err)
	return func() {
		out, err := program.Execute([]compute.Buffer{a, b}, nil, 0)
		must(err)
		for _, o := range out {
			must(o.Finalize())
		}
	}
}

func gonumCholesky(n int) peer {
	return peer{"gonum", func() func() {
		h := hessian[float64](n)
		data := make([]float64, n*n)
		return func() {
			copy(data, h.Data)
			lapack64.Potrf(blas64.Symmetric{Uplo: blas.Upper, N: n, Stride: n, Data: data})
		}
	}}
}
