package prune

import "sparsellm/linalg"

// regression is the least squares problem
//
//	min ‖A − W·X‖²
//
// of a target A (out × N) on inputs X (in × N), kept as moments so that N
// tokens can pass by in chunks.
type regression[T linalg.Float] struct {
	gram   linalg.Matrix[float64] // lower triangle of X·Xᵀ, in × in
	cross  linalg.Matrix[float64] // A·Xᵀ, out × in
	energy float64                // ‖A‖²
	acc    *accumulator[T]
	inT    linalg.Matrix[T] // X·Xᵀ, once somebody asks
}

// newRegression returns the regression of no tokens yet, which acc adds.
func newRegression[T linalg.Float](pool *linalg.Pool, out, in int, acc *accumulator[T]) *regression[T] {
	return &regression[T]{gram: linalg.TakeZero[float64](pool, in, in), cross: linalg.TakeZero[float64](pool, out, in), acc: acc}
}

// giveBack ends the use of its moments.
func (r *regression[T]) giveBack(pool *linalg.Pool) {
	linalg.GiveBack(pool, r.gram, r.cross)
	r.forgetRounded(pool)
}

// giveBackTarget is giveBack for the regression of another target, which may be
// nil.
func (r *regression[T]) giveBackTarget(pool *linalg.Pool) {
	if r != nil {
		linalg.GiveBack(pool, r.cross)
		r.forgetRounded(pool)
	}
}

// forgetRounded ends the use of what rounded has returned.
func (r *regression[T]) forgetRounded(pool *linalg.Pool) {
	linalg.GiveBack(pool, r.inT)
	r.inT = linalg.Matrix[T]{}
}

// another returns the regression of another target, of so many outputs, on the
// same inputs, which shares their Gram matrix.
func (r *regression[T]) another(pool *linalg.Pool, out int) *regression[T] {
	return &regression[T]{gram: r.gram, cross: linalg.TakeZero[float64](pool, out, r.gram.Rows), acc: r.acc}
}

// add accumulates a chunk: a tokens × out, x tokens × in.
func (r *regression[T]) add(pool *linalg.Pool, a, x linalg.Matrix[T]) {
	r.addTarget(pool, a, nil, x)
	r.acc.gram(pool, r.gram, x)
}

// addTarget accumulates a chunk of the target a − bias on inputs that the Gram
// matrix has already. The bias may be nil. A nil regression accumulates nothing.
func (r *regression[T]) addTarget(pool *linalg.Pool, a linalg.Matrix[T], bias []T, x linalg.Matrix[T]) {
	if r == nil {
		return
	}
	if bias != nil {
		c := linalg.NewMatrix[T](a.Rows, a.Cols)
		pool.For(a.Rows, func(t int) {
			from, to := a.Row(t), c.Row(t)
			for j, b := range bias {
				to[j] = from[j] - b
			}
		})
		a = c
	}
	r.acc.product(pool, r.cross, a, x)
	r.energy += dot(pool, a, a)
}

// rounded returns X·Xᵀ in T, symmetric. It must not be changed, and after it
// no chunk can be added.
func (r *regression[T]) rounded(pool *linalg.Pool) linalg.Matrix[T] {
	if r.inT.Rows == 0 {
		r.inT = linalg.Convert[T](pool, r.gram)
		linalg.Symmetrize(pool, r.inT)
	}
	return r.inT
}

// hessian returns the Hessian of X, of so many samples.
func (r *regression[T]) hessian(pool *linalg.Pool, samples int) *Hessian[T] {
	gram := r.rounded(pool)
	h, scale := linalg.Take[T](pool, gram.Rows, gram.Cols), 2/T(samples)
	pool.For(gram.Rows, func(i int) {
		row := h.Row(i)
		for j, v := range gram.Row(i) {
			row[j] = v * scale
		}
	})
	return hessianOf(h)
}

// residual returns A·Xᵀ − W·X·Xᵀ, out × in: minus half of the gradient of
// ‖A − WX‖². It may be given back.
func (r *regression[T]) residual(pool *linalg.Pool, w linalg.Matrix[T]) linalg.Matrix[T] {
	res := linalg.Convert[T](pool, r.cross)
	linalg.Gemm(pool, linalg.NoTrans, linalg.NoTrans, -1, w, r.rounded(pool), 1, res)
	return res
}

// plus returns the regression on the inputs of both.
func (r *regression[T]) plus(pool *linalg.Pool, o *regression[T]) *regression[T] {
	sum := &regression[T]{gram: r.gram.Clone(), cross: r.cross.Clone(), energy: r.energy + o.energy}
	addTo(pool, sum.gram, o.gram, true)
	addTo(pool, sum.cross, o.cross, false)
	return sum
}

// objective returns ‖A − WX‖².
func (r *regression[T]) objective(pool *linalg.Pool, w linalg.Matrix[T]) float64 {
	residual := r.residual(pool, w)
	defer linalg.GiveBack(pool, residual)
	return r.objectiveOf(pool, w, residual)
}

// objectiveOf is objective where the residual is known already:
//
//	‖A − WX‖² = ‖A‖² − ⟨W, A·Xᵀ⟩ − ⟨W, A·Xᵀ − W·X·Xᵀ⟩
func (r *regression[T]) objectiveOf(pool *linalg.Pool, w, residual linalg.Matrix[T]) float64 {
	return r.energy - dot(pool, w, r.cross) - dot(pool, w, residual)
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
const polishTolerance = 0.1

// polish lowers ‖A − WX‖² + λ‖W − W₀‖² over the weights of w that
// are not zero; the others stay zero. residual is w's, and then that of the
// weights it leaves.
func (r *regression[T]) polish(pool *linalg.Pool, w, w0, residual linalg.Matrix[T], l ridge) {
	pull := func(by T) {
		pool.For(residual.Rows, func(i int) {
			row, wi := residual.Row(i), w.Row(i)
			for j, v := range w0.Row(i) {
				row[j] += by * (v - wi[j])
			}
		})
	}
	pull(T(l))
	g := r.rounded(pool)
	diagonal := func(by float64) {
		for j := range g.Rows {
			g.Set(j, j, T(r.gram.At(j, j)+by))
		}
	}
	diagonal(float64(l))
	linalg.LeastSquaresOnSupport(pool, g, residual, w, polishTolerance)
	diagonal(0)
	pull(-T(l))
}
