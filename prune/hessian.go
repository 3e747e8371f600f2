package prune

import (
	"errors"
	"fmt"
	"math"

	"sparsellm/linalg"
)

// Hessian is that of a matrix's reconstruction error ‖W₀X − WX‖² in any one
// row of W, up to a factor:
//
//	H = (2/K)·X·Xᵀ      (features × features, K calibration samples)
//
// It is the same for all matrices that read the same input, and so is its
// factor, which is computed once and kept.
type Hessian[T linalg.Float] struct {
	features int
	sum      linalg.Matrix[T] // lower triangle of X·Xᵀ, once there is any; scaled only when finished
	samples  int
	done     bool
	factor   *Factor[T]
}

// NewHessian returns the Hessian of no samples yet, features × features.
func NewHessian[T linalg.Float](features int) *Hessian[T] { return &Hessian[T]{features: features} }

// hessianOf returns the Hessian that has been computed elsewhere, h being
// symmetric. It keeps h.
func hessianOf[T linalg.Float](h linalg.Matrix[T]) *Hessian[T] {
	return &Hessian[T]{features: h.Rows, sum: h, samples: 1, done: true}
}

// GiveBack ends the use of h, which may be nil, and of its factor.
func (h *Hessian[T]) GiveBack(pool *linalg.Pool) {
	if h == nil {
		return
	}
	linalg.GiveBack(pool, h.sum)
	if h.factor != nil {
		linalg.GiveBack(pool, h.factor.R)
	}
}

// handOver has h's matrices outlive the scope that they were taken in.
func (h *Hessian[T]) handOver(scope *linalg.Pool) {
	if h == nil {
		return
	}
	linalg.HandOver(scope, h.sum)
	if h.factor != nil {
		linalg.HandOver(scope, h.factor.R)
	}
}

// Add accumulates the input of so many samples, tokens × features. A sample
// counts once towards K, however long it is.
func (h *Hessian[T]) Add(pool *linalg.Pool, x linalg.Matrix[T], samples int) {
	h.begin(pool)
	linalg.Syrk(pool, linalg.Trans, 1, x, 1, h.sum)
	h.samples += samples
}

func (h *Hessian[T]) begin(pool *linalg.Pool) {
	if h.sum.Rows == 0 {
		h.sum = linalg.TakeZero[T](pool, h.features, h.features)
	}
}

// Trouble returns the number of dead features, and the damping that the factor
// took where that is not what was asked for, 0 while there is no factor.
func (h *Hessian[T]) Trouble(damping float64) (dead int, raised float64) {
	if h == nil {
		return 0, 0
	}
	for i := range h.sum.Rows {
		if h.sum.At(i, i) == 0 {
			dead++
		}
	}
	if h.factor != nil && h.factor.Damping != damping {
		raised = h.factor.Damping
	}
	return dead, raised
}

// Features returns the order of H.
func (h *Hessian[T]) Features() int { return h.features }

// Matrix returns H, symmetric and without damping. It must not be changed.
// After it no sample can be added.
func (h *Hessian[T]) Matrix(pool *linalg.Pool) linalg.Matrix[T] {
	if !h.done {
		h.done = true
		h.begin(pool)
		scale := T(2) / T(max(h.samples, 1))
		pool.For(h.sum.Rows, func(i int) {
			row := h.sum.Row(i)[:i+1]
			for j := range row {
				row[j] *= scale
			}
		})
		linalg.Symmetrize(pool, h.sum)
	}
	return h.sum
}

// Factor is what a sweep needs of a Hessian.
type Factor[T linalg.Float] struct {
	// R is the upper triangular factor of the damped inverse, H⁻¹ = Rᵀ·R.
	R linalg.Matrix[T]
	// Dead lists the features that were zero in every sample. Their weights
	// say nothing about the output and are zeroed.
	Dead []int
	// Damping is the share of the mean diagonal that was added: more than was
	// asked for where the Hessian was not positive definite with that.
	Damping float64
}

// maxDamping is where raising the damping stops: past it the Hessian would be
// mostly made up.
const maxDamping = 1

// Factor returns the factor of H + damping·mean(diag H)·I, computed at the
// first call. A Hessian that is finite but not positive definite has its
// damping raised tenfold until it is, up to the mean diagonal itself; a
// Hessian with a NaN or Inf is an error, which names the feature.
func (h *Hessian[T]) Factor(pool *linalg.Pool, damping float64) (*Factor[T], error) {
	if h.factor != nil {
		return h.factor, nil
	}
	m := h.Matrix(pool)
	if err := h.Check(pool); err != nil {
		return nil, err
	}
	for {
		r := linalg.TakeCopy(pool, m)
		dead := damp(r, damping)
		err := linalg.InverseFactor(pool, r)
		if err == nil {
			h.factor = &Factor[T]{R: r, Dead: dead, Damping: damping}
			return h.factor, nil
		}
		linalg.GiveBack(pool, r)
		if !errors.Is(err, linalg.ErrNotPositiveDefinite) || damping >= maxDamping {
			return nil, fmt.Errorf("prune: Hessian with damping %g: %w", damping, err)
		}
		damping = min(max(10*damping, 1e-3), maxDamping)
	}
}

// damp gives dead features a one on h's diagonal and adds share·mean(diag h)
// to all of it. It returns the dead features.
func damp[T linalg.Float](h linalg.Matrix[T], share float64) (dead []int) {
	var trace float64
	for i := range h.Rows {
		if h.At(i, i) == 0 {
			dead = append(dead, i)
			h.Set(i, i, 1)
		}
		trace += float64(h.At(i, i))
	}
	add := T(share * trace / float64(max(h.Rows, 1)))
	for i := range h.Rows {
		h.Data[i*h.Stride+i] += add
	}
	return dead
}

// zeroColumns zeroes the columns of w that read dead features.
func zeroColumns[T linalg.Float](w linalg.Matrix[T], dead []int) {
	for i := range w.Rows {
		row := w.Row(i)
		for _, j := range dead {
			row[j] = 0
		}
	}
}

// ErrNotFinite is what an error wraps that comes of a NaN or Inf in a matrix's
// input.
var ErrNotFinite = errors.New("prune: input of the matrix is not finite")

// Check returns an error that wraps ErrNotFinite if a feature's squares do not
// sum to a finite number.
func (h *Hessian[T]) Check(pool *linalg.Pool) error {
	m := h.Matrix(pool)
	for i := range m.Rows {
		if d := float64(m.At(i, i)); math.IsNaN(d) || math.IsInf(d, 0) {
			return fmt.Errorf("%w: the squares of feature %d sum to %v", ErrNotFinite, i, d)
		}
	}
	return nil
}

// Error returns the relative reconstruction error of w against the dense
// weights w0 (both out × in),
//
//	‖(W − W₀)X‖² / ‖W₀X‖² = tr(ΔHΔᵀ) / tr(W₀HW₀ᵀ),
//
// and 0 where the denominator is.
func (h *Hessian[T]) Error(pool *linalg.Pool, w, w0 linalg.Matrix[T]) float64 {
	delta := linalg.TakeCopy(pool, w)
	defer linalg.GiveBack(pool, delta)
	pool.For(delta.Rows, func(i int) {
		row := delta.Row(i)
		for j, v := range w0.Row(i) {
			row[j] -= v
		}
	})
	den := h.quadratic(pool, w0)
	if den == 0 {
		return 0
	}
	return h.quadratic(pool, delta) / den
}

// quadratic returns tr(A·H·Aᵀ) = ⟨AᵀA, H⟩, for A out × features. Both are
// symmetric, and of the product the lower triangle alone is computed, some
// columns at a time.
func (h *Hessian[T]) quadratic(pool *linalg.Pool, a linalg.Matrix[T]) float64 {
	const width = 1024
	m, n := h.Matrix(pool), a.Cols
	product := linalg.Take[T](pool, n, min(width, n))
	defer linalg.GiveBack(pool, product)
	sum := 0.0
	for c0 := 0; c0 < n; c0 += width {
		c1 := min(c0+width, n)
		square, below := product.Slice(c0, c1, 0, c1-c0), product.Slice(c1, n, 0, c1-c0)
		left := a.Slice(0, a.Rows, c0, c1)
		linalg.Syrk(pool, linalg.Trans, 1, left, 0, square)
		sum += dotLower(pool, square, m.Slice(c0, c1, c0, c1))
		if c1 < n {
			linalg.Gemm(pool, linalg.Trans, linalg.NoTrans, 1, a.Slice(0, a.Rows, c1, n), left, 0, below)
			sum += 2 * dot(pool, below, m.Slice(c1, n, c0, c1))
		}
	}
	return sum
}

// dotLower returns Σ a∘b of symmetric matrices, of which it reads the lower
// triangles.
func dotLower[T linalg.Float](pool *linalg.Pool, a, b linalg.Matrix[T]) float64 {
	return sumRows(pool, a.Rows, func(i int) float64 {
		return 2*linalg.Dot(a.Row(i)[:i], b.Row(i)) + float64(a.At(i, i))*float64(b.At(i, i))
	})
}

// dot returns Σ a∘b in float64, in an order that rows alone decide.
func dot[A, B linalg.Float](pool *linalg.Pool, a linalg.Matrix[A], b linalg.Matrix[B]) float64 {
	return sumRows(pool, a.Rows, func(i int) float64 { return linalg.Dot(a.Row(i), b.Row(i)) })
}

// sumRows returns the sum of what f says of n rows.
func sumRows(pool *linalg.Pool, n int, f func(i int) float64) (s float64) {
	rows := make([]float64, n)
	const task = 64
	pool.For((n+task-1)/task, func(k int) {
		for i := k * task; i < min((k+1)*task, n); i++ {
			rows[i] = f(i)
		}
	})
	for _, v := range rows {
		s += v
	}
	return s
}
