package prune

import (
	"fmt"

	"sparsellm/linalg"
)

// regression is the least squares problem
//
//	min ‖A − W·X‖²
//
// of a target A (out × N) on inputs X (in × N), kept as moments so that N
// tokens can pass by in chunks. They are in float64, since a Gram matrix has
// the square of its factor's condition number.
type regression[T linalg.Float] struct {
	gram   linalg.Matrix[float64] // X·Xᵀ, in × in, symmetric once closed
	cross  linalg.Matrix[float64] // A·Xᵀ, out × in
	energy float64                // ‖A‖²
	exact  bool                   // products in float64, too
}

func newRegression[T linalg.Float](out, in int) *regression[T] {
	return &regression[T]{gram: linalg.NewMatrix[float64](in, in), cross: linalg.NewMatrix[float64](out, in)}
}

// add accumulates a chunk: a tokens × out, x tokens × in.
func (r *regression[T]) add(pool *linalg.Pool, a, x linalg.Matrix[T]) {
	addProduct(pool, r.cross, a, x, r.exact)
	addGram(pool, r.gram, x, r.exact)
	r.energy += dot(a, a)
}

// addProduct adds aᵀ·b to dst: tokens × m, tokens × n, m × n. Unless exact,
// the product of the chunk is computed in T, and only the sum over chunks in
// float64.
func addProduct[T linalg.Float](pool *linalg.Pool, dst linalg.Matrix[float64], a, b linalg.Matrix[T], exact bool) {
	if exact {
		linalg.Gemm(pool, linalg.Trans, linalg.NoTrans, 1, linalg.Convert[float64](a), linalg.Convert[float64](b), 1, dst)
		return
	}
	product := linalg.NewMatrix[T](dst.Rows, dst.Cols)
	linalg.Gemm(pool, linalg.Trans, linalg.NoTrans, 1, a, b, 0, product)
	pool.For(dst.Rows, func(i int) {
		row := dst.Row(i)
		for j, v := range product.Row(i) {
			row[j] += float64(v)
		}
	})
}

// addGram adds the lower triangle of xᵀ·x to dst: tokens × n, n × n; exact as
// in addProduct.
func addGram[T linalg.Float](pool *linalg.Pool, dst linalg.Matrix[float64], x linalg.Matrix[T], exact bool) {
	if exact {
		linalg.Syrk(pool, linalg.Trans, 1, linalg.Convert[float64](x), 1, dst)
		return
	}
	product := linalg.NewMatrix[T](dst.Rows, dst.Cols)
	linalg.Syrk(pool, linalg.Trans, 1, x, 0, product)
	pool.For(dst.Rows, func(i int) {
		row := dst.Row(i)
		for j, v := range product.Row(i)[:i+1] {
			row[j] += float64(v)
		}
	})
}

// hessian returns the Hessian of X, of so many samples.
func (r *regression[T]) hessian(samples int) *Hessian[T] { return hessianOfGram[T](r.gram, samples) }

// hessianOfGram returns the Hessian of which gram is the lower triangle of
// X·Xᵀ.
func hessianOfGram[T linalg.Float](gram linalg.Matrix[float64], samples int) *Hessian[T] {
	h := linalg.Convert[T](gram)
	scale(h, 2/T(samples))
	linalg.Symmetrize(h)
	return HessianOf(h)
}

// objective returns ‖A − WX‖² = ‖A‖² − 2⟨W, AXᵀ⟩ + ⟨W·XXᵀ, W⟩.
func (r *regression[T]) objective(pool *linalg.Pool, w linalg.Matrix[T]) float64 {
	linalg.Symmetrize(r.gram)
	w64 := linalg.Convert[float64](w)
	wg := linalg.NewMatrix[float64](w.Rows, w.Cols)
	linalg.Gemm(pool, linalg.NoTrans, linalg.NoTrans, 1, w64, r.gram, 0, wg)
	return r.energy - 2*dot(w64, r.cross) + dot(wg, w64)
}

// relative returns the objective over ‖A‖², and 0 where that is 0.
func (r *regression[T]) relative(pool *linalg.Pool, w linalg.Matrix[T]) float64 {
	if r.energy == 0 {
		return 0
	}
	return r.objective(pool, w) / r.energy
}

// polish lowers ‖A − WX‖² + λ‖W − W₀‖² over the weights of w that are not
// zero; the others stay zero. λ is a share of the mean diagonal of X·Xᵀ.
func (r *regression[T]) polish(pool *linalg.Pool, w, w0 linalg.Matrix[T], share float64) {
	linalg.Symmetrize(r.gram)
	lambda := share * meanDiagonal(r.gram)
	g := r.gram.Clone()
	for i := range g.Rows {
		g.Data[i*g.Stride+i] += lambda
	}
	residual := r.cross.Clone()
	for i := range residual.Rows {
		row := residual.Row(i)
		for j, v := range w0.Row(i) {
			row[j] += lambda * float64(v)
		}
	}
	linalg.Gemm(pool, linalg.NoTrans, linalg.NoTrans, -1, linalg.Convert[float64](w), g, 1, residual)
	linalg.LeastSquaresOnSupport(pool, g, residual, w, 1e-4)
}

// ridgeFit solves least squares with a ridge towards given weights, for one
// Gram matrix X·Xᵀ:
//
//	W = argmin ‖A − WX‖² + λ‖W − W₀‖² = (A·Xᵀ + λW₀)(X·Xᵀ + λI)⁻¹
type ridgeFit struct {
	l      linalg.Matrix[float64] // Cholesky factor of X·Xᵀ + λI
	lambda float64
}

// newRidgeFit takes the lower triangle of the Gram matrix and λ as a share of
// its mean diagonal.
func newRidgeFit(pool *linalg.Pool, gram linalg.Matrix[float64], share float64) (*ridgeFit, error) {
	fit := &ridgeFit{l: gram.Clone(), lambda: share * meanDiagonal(gram)}
	if fit.lambda == 0 {
		fit.lambda = 1 // X is zero: any ridge gives W₀
	}
	for i := range gram.Rows {
		fit.l.Data[i*fit.l.Stride+i] += fit.lambda
	}
	if err := linalg.Potrf(pool, fit.l); err != nil {
		return nil, fmt.Errorf("prune: weight update: X·Xᵀ + λI: %w", err)
	}
	return fit, nil
}

func meanDiagonal(m linalg.Matrix[float64]) float64 {
	var trace float64
	for i := range m.Rows {
		trace += m.At(i, i)
	}
	return trace / float64(m.Rows)
}

// solveRidge stores the solution in w, for cross = A·Xᵀ and the weights w0,
// all out × in.
func solveRidge[T linalg.Float](pool *linalg.Pool, r *ridgeFit, w linalg.Matrix[T], cross linalg.Matrix[float64], w0 linalg.Matrix[T]) {
	b := cross.Clone()
	for i := range b.Rows {
		row := b.Row(i)
		for j, v := range w0.Row(i) {
			row[j] += r.lambda * float64(v)
		}
	}
	linalg.SolveCholesky(pool, r.l, b)
	store(w, b)
}
