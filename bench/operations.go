package main

import (
	"fmt"
	"math/rand/v2"

	"sparsellm/linalg"
)

// operation is one line of the table.
type operation struct {
	name   string
	flops  float64
	double bool                        // in float64
	setup  func(p *linalg.Pool) func() // ours
	torch  string                      // the request to pytorch.py
	peers  []peer
}

func operations(peers bool) []operation {
	var ops []operation
	for _, s := range [][3]int{{1536, 576, 4096}, {2048, 2048, 2048}} {
		m, n, k := s[0], s[1], s[2]
		o := operation{
			name:  fmt.Sprintf("SGEMM %dx%dx%d", m, n, k),
			flops: 2 * float64(m) * float64(n) * float64(k),
			torch: fmt.Sprintf("gemm %d %d %d", m, n, k),
			setup: func(p *linalg.Pool) func() {
				a, b, c := random(m, k), random(k, n), linalg.NewMatrix[float32](m, n)
				return func() { linalg.Gemm(p, linalg.NoTrans, linalg.NoTrans, 1, a, b, 0, c) }
			},
		}
		if peers {
			o.peers = products(m, n, k)
		}
		ops = append(ops, o)
	}
	const n, k = 1536, 4096
	ops = append(ops, operation{
		name: "SSYRK 1536x4096", flops: n * n * k, torch: "gram 1536 4096",
		setup: func(p *linalg.Pool) func() {
			x, c := random(n, k), linalg.NewMatrix[float32](n, n)
			return func() { linalg.Syrk(p, linalg.NoTrans, 1, x, 1, c) }
		},
	}, operation{
		name: "SSYRK 1536x4096 (transposed)", flops: n * n * k, torch: "gram 1536 4096",
		setup: func(p *linalg.Pool) func() {
			x, c := random(k, n), linalg.NewMatrix[float32](n, n)
			return func() { linalg.Syrk(p, linalg.Trans, 1, x, 1, c) }
		},
	})
	for _, n := range []int{1536, 3072} {
		ops = append(ops, factorisation(fmt.Sprintf("SPOTRF %d", n), 1.0/3, n, "cholesky", linalg.Potrf[float32]))
	}
	d := factorisation("DPOTRF 1536", 1.0/3, 1536, "cholesky64", linalg.Potrf[float64])
	d.double = true
	if peers {
		d.peers = []peer{gonumCholesky(1536)}
	}
	return append(ops, d,
		factorisation("R from H 1536", 2.0/3, 1536, "inverse_factor", linalg.InverseFactor[float32]),
		operation{
			name: "STRSM 1536x1536", flops: 1536 * 1536 * 1536, torch: "trsm 1536 1536",
			setup: func(p *linalg.Pool) func() {
				l, b := hessian[float32](1536), random(1536, 1536)
				must(linalg.Potrf(p, l))
				return func() { linalg.Trsm(p, linalg.Right, linalg.Trans, l, b) }
			},
		}, operation{
			// Of each weight's update, half the columns are to its right.
			name: "sweep 1536x576", flops: 1536 * 576 * 576, torch: "sweep 1536 576",
			setup: func(p *linalg.Pool) func() {
				r := hessian[float32](576)
				must(linalg.InverseFactor(p, r))
				dense := random(1536, 576)
				w, errs := dense.Clone(), linalg.NewMatrix[float32](1536, 128)
				return func() {
					linalg.Copy(w, dense)
					sweep(p, w, errs, r, 128)
				}
			},
		})
}

// sweep prunes half of w, rows × cols, given the factor R of its inverse
// Hessian.
func sweep(p *linalg.Pool, w, errs, r linalg.Matrix[float32], blocksize int) {
	for c0 := 0; c0 < w.Cols; c0 += blocksize {
		c1 := min(c0+blocksize, w.Cols)
		block, e := w.Slice(0, w.Rows, c0, c1), errs.Slice(0, w.Rows, 0, c1-c0)
		factor := r.Slice(c0, c1, c0, c1)
		threshold, _ := linalg.SaliencyThreshold(p, block, factor, w.Rows*(c1-c0)/2)
		mask := linalg.Mask[float32]{Threshold: threshold}
		linalg.SolveMasked(p, block, e, factor, mask, nil)
		if c1 < w.Cols {
			linalg.Gemm(p, linalg.NoTrans, linalg.NoTrans, -1, e, r.Slice(c0, c1, c1, w.Cols), 1, w.Slice(0, w.Rows, c1, w.Cols))
		}
	}
}

// factorisation is an operation that overwrites a Hessian of order n and takes
// share·n³ flops. As PyTorch's do, ours copies its operand.
func factorisation[T linalg.Float](name string, share float64, n int, torch string, f func(*linalg.Pool, linalg.Matrix[T]) error) operation {
	return operation{
		name:  name,
		flops: share * float64(n) * float64(n) * float64(n),
		torch: fmt.Sprintf("%s %d", torch, n),
		setup: func(p *linalg.Pool) func() {
			h := hessian[T](n)
			a := h.Clone()
			return func() {
				p.For(16, func(i int) { // by all threads, as PyTorch's is
					r0, r1 := n*i/16, n*(i+1)/16
					linalg.Copy(a.Slice(r0, r1, 0, n), h.Slice(r0, r1, 0, n))
				})
				must(f(p, a))
			}
		},
	}
}

func random(rows, cols int) linalg.Matrix[float32] {
	rng := rand.New(rand.NewPCG(1, 2))
	m := linalg.NewMatrix[float32](rows, cols)
	for i := range m.Data {
		m.Data[i] = float32(rng.NormFloat64())
	}
	return m
}

// hessian returns XᵀX/2n + I/100 for random X with 2n rows.
func hessian[T linalg.Float](n int) linalg.Matrix[T] {
	h := linalg.NewMatrix[T](n, n)
	linalg.Syrk(nil, linalg.Trans, 1/T(2*n), linalg.Convert[T](nil, random(2*n, n)), 0, h)
	for i := range n {
		h.Data[i*n+i] += 0.01
	}
	linalg.Symmetrize(nil, h)
	return h
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
