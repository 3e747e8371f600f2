package prune

import "sparsellm/linalg"

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

// residual returns A·Xᵀ − W·X·Xᵀ, out × in: minus half of the gradient of
// ‖A − WX‖².
func (r *regression[T]) residual(pool *linalg.Pool, w linalg.Matrix[T]) linalg.Matrix[T] {
	linalg.Symmetrize(r.gram)
	res := linalg.Convert[T](r.cross)
	linalg.Gemm(pool, linalg.NoTrans, linalg.NoTrans, -1, w, linalg.Convert[T](r.gram), 1, res)
	return res
}

// plus returns the regression on the inputs of both.
func (r *regression[T]) plus(o *regression[T]) *regression[T] {
	sum := &regression[T]{gram: r.gram.Clone(), cross: r.cross.Clone(), energy: r.energy + o.energy, exact: r.exact}
	addTo(sum.gram, o.gram)
	addTo(sum.cross, o.cross)
	return sum
}

func addTo(dst, m linalg.Matrix[float64]) {
	for i := range dst.Rows {
		row := dst.Row(i)
		for j, v := range m.Row(i) {
			row[j] += v
		}
	}
}

// objective returns ‖A − WX‖² = ‖A‖² − ⟨W, A·Xᵀ⟩ − ⟨W, A·Xᵀ − W·X·Xᵀ⟩.
func (r *regression[T]) objective(pool *linalg.Pool, w linalg.Matrix[T]) float64 {
	return r.energy - dot(w, r.cross) - dot(w, r.residual(pool, w))
}

// relativeTo returns an objective over the target's energy ‖A‖², and 0 where that
// is 0.
func relativeTo(objective, energy float64) float64 {
	if energy == 0 {
		return 0
	}
	return objective / energy
}

// polishTolerance ends the polish of a row with the iteration that gains less
// than this share of what it has gained in all. Going on takes longer and
// generalises no better.
const polishTolerance = 0.05

// polish lowers ‖A − WX‖² + λ‖W − W₀‖² over the weights of w that
// are not zero; the others stay zero.
func (r *regression[T]) polish(pool *linalg.Pool, w, w0 linalg.Matrix[T], l ridge) {
	residual := r.residual(pool, w)
	for i := range residual.Rows {
		row, wi := residual.Row(i), w.Row(i)
		for j, v := range w0.Row(i) {
			row[j] += T(l) * (v - wi[j])
		}
	}
	g := r.gram.Clone()
	l.addTo(g)
	linalg.LeastSquaresOnSupport(pool, linalg.Convert[T](g), residual, w, polishTolerance)
}
