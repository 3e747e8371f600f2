package prune

import (
	"cmp"
	"math"
	"slices"
)

// naiveMatrix is a matrix as a slice of its rows.
type naiveMatrix [][]float64

// ridgeFitted returns argmin ‖A − WX‖² + λ‖W − W₀‖², with λ a share of X's
// mean square.
func ridgeFitted(w0, a, x naiveMatrix, share float64) naiveMatrix {
	gram, cross := times(x, transpose(x)), times(a, transpose(x))
	l := share * meanOf(gram)
	each(cross, func(i, j int) { cross[i][j] += l * w0[i][j] })
	return transpose(solve(plusDiagonal(gram, l), transpose(cross)))
}

// surgeon is SparseGPT's sweep of w for the inputs x; w0 has the zeros to keep.
func surgeon(w, w0, x naiveMatrix, samples int, spec Spec) naiveMatrix {
	h := times(x, transpose(x))
	each(h, func(i, j int) { h[i][j] *= 2 / float64(samples) })
	w = build(len(w), len(h), func(i, j int) float64 {
		if h[j][j] == 0 { // a dead feature
			return 0
		}
		return w[i][j]
	})
	for j := range h {
		if h[j][j] == 0 {
			h[j][j] = 1
		}
	}
	inverse := solve(plusDiagonal(h, spec.Damping*meanOf(h)), plusDiagonal(build(len(h), len(h), nil), 1))
	r := transpose(cholesky(inverse))
	gone := func(i, j int) bool { return spec.KeepMask && w0[i][j] == 0 }
	saliency := func(i, j int) float64 { return w[i][j] * w[i][j] / (r[j][j] * r[j][j]) }
	share, of, threshold := naiveShare(w, gone, spec), spec.Pattern.Of, 0.0
	zero := build(len(w), len(h), nil)
	for j := range h {
		if of == 0 && j%spec.BlockSize == 0 { // what goes of a block
			var all []float64
			each(w, func(i, k int) {
				if k >= j && k < j+spec.BlockSize {
					all = append(all, saliency(i, k))
					if gone(i, k) {
						all[len(all)-1] = 0
					}
				}
			})
			slices.Sort(all)
			threshold = all[int(float64(len(all))*share)]
			each(w, func(i, k int) {
				if k >= j && k < j+spec.BlockSize && (gone(i, k) || saliency(i, k) <= threshold) {
					zero[i][k] = 1
				}
			})
		}
		for i := range w {
			if of > 0 && j%of == 0 { // what goes of a group
				score := func(k int) float64 {
					if gone(i, j+k) {
						return -1
					}
					return saliency(i, j+k)
				}
				order := make([]int, of)
				for k := range order {
					order[k] = k
				}
				slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(score(a), score(b)) })
				for place, k := range order {
					if place < of-spec.Pattern.Keep || gone(i, j+k) {
						zero[i][j+k] = 1
					}
				}
			}
			if zero[i][j] == 1 {
				err := w[i][j] / r[j][j]
				for k := j; k < len(h); k++ {
					w[i][k] -= err * r[j][k]
				}
				w[i][j] = 0
			}
		}
	}
	return w
}

// naiveShare returns s of Σ max(gone_b, s·size_b) = sparsity·Σ size_b over the
// blocks b of a sweep.
func naiveShare(w naiveMatrix, gone func(i, j int) bool, spec Spec) float64 {
	zeros, full := make([]float64, len(w[0])), make([]bool, len(w[0])) // of columns
	each(w, func(i, j int) {
		if gone(i, j) {
			zeros[j/spec.BlockSize*spec.BlockSize]++
		}
	})
	for {
		left, size := 0.0, 0.0
		for j := range full {
			if b := j / spec.BlockSize * spec.BlockSize; !full[b] {
				size += float64(len(w))
			} else if b == j {
				left -= zeros[b]
			}
		}
		share, more := (spec.Sparsity*float64(len(w)*len(w[0]))+left)/size, false
		for b := 0; b < len(full); b += spec.BlockSize {
			if !full[b] && zeros[b] > share*float64(len(w)*min(spec.BlockSize, len(full)-b)) {
				full[b], more = true, true
			}
		}
		switch {
		case size == 0:
			return 0
		case !more:
			return share
		}
	}
}

// onSupport lowers ‖A − WX‖² + λ‖W − W₀‖² over the weights that are not zero:
// by a factor of their system, or by conjugate gradients until an iteration
// gains less than a tenth of what has been gained, whichever costs less.
func onSupport(w, w0, a, x naiveMatrix, share float64) naiveMatrix {
	g := times(x, transpose(x))
	l := share * meanOf(g)
	r := times(a, transpose(x))
	wg := times(w, g)
	each(r, func(i, j int) { r[i][j] += l*(w0[i][j]-w[i][j]) - wg[i][j] })
	g = plusDiagonal(g, l)
	w = build(len(w), len(g), func(i, j int) float64 { return w[i][j] })
	for i := range w {
		var at []int
		for j, v := range w[i] {
			if v != 0 {
				at = append(at, j)
			}
		}
		m, n := float64(len(at)), float64(len(g))
		sub := build(len(at), len(at), func(j, k int) float64 { return g[at[j]][at[k]] })
		right := build(len(at), 1, func(j, _ int) float64 { return r[i][at[j]] })
		var step naiveMatrix
		if m*m*m/3+258*m*m <= (2+2*math.Log(10))*(2*n*n+150*n) {
			step = solve(sub, right)
		} else {
			step = naiveGradients(sub, right)
		}
		gs, fall := times(sub, step), 0.0
		for j := range at {
			fall += step[j][0] * (2*right[j][0] - gs[j][0])
		}
		for j, k := range at {
			if fall > 0 {
				w[i][k] += step[j][0]
			}
		}
	}
	return w
}

// naiveGradients lowers xᵀGx − 2rᵀx by conjugate gradients, Jacobi's
// preconditioner among them.
func naiveGradients(g, r naiveMatrix) naiveMatrix {
	n := len(g)
	x, r := build(n, 1, nil), build(n, 1, func(i, _ int) float64 { return r[i][0] })
	scaled := func() naiveMatrix { return build(n, 1, func(i, _ int) float64 { return r[i][0] / g[i][i] }) }
	d := scaled()
	rr := inner(r, d)
	for fell := 0.0; ; {
		gd := times(g, d)
		alpha := rr / inner(d, gd)
		each(x, func(i, _ int) { x[i][0] += alpha * d[i][0]; r[i][0] -= alpha * gd[i][0] })
		fall := alpha * rr
		if fell += fall; fall <= 0.1*fell {
			return x
		}
		s, before := scaled(), rr
		rr = inner(r, s)
		each(d, func(i, _ int) { d[i][0] = s[i][0] + rr/before*d[i][0] })
	}
}

// solve returns A⁻¹B of a positive definite A.
func solve(a, b naiveMatrix) naiveMatrix {
	l := cholesky(a)
	x := build(len(b), len(b[0]), func(i, j int) float64 { return b[i][j] })
	for t := range b[0] {
		for i := range l {
			for k := range i {
				x[i][t] -= l[i][k] * x[k][t]
			}
			x[i][t] /= l[i][i]
		}
		for i := len(l) - 1; i >= 0; i-- {
			for k := i + 1; k < len(l); k++ {
				x[i][t] -= l[k][i] * x[k][t]
			}
			x[i][t] /= l[i][i]
		}
	}
	return x
}

// cholesky returns L of A = LLᵀ.
func cholesky(a naiveMatrix) naiveMatrix {
	l := build(len(a), len(a), nil)
	for i := range a {
		for j := range i + 1 {
			s := a[i][j]
			for k := range j {
				s -= l[i][k] * l[j][k]
			}
			if l[i][j] = s / l[j][j]; i == j {
				l[i][i] = math.Sqrt(s)
			}
		}
	}
	return l
}

// build returns the matrix of f, zeros if that is nil.
func build(rows, cols int, f func(i, j int) float64) naiveMatrix {
	m := make(naiveMatrix, rows)
	for i := range m {
		m[i] = make([]float64, cols)
	}
	if f != nil {
		each(m, func(i, j int) { m[i][j] = f(i, j) })
	}
	return m
}

func each(m naiveMatrix, f func(i, j int)) {
	for i := range m {
		for j := range m[i] {
			f(i, j)
		}
	}
}

func times(a, b naiveMatrix) naiveMatrix {
	m := build(len(a), len(b[0]), nil)
	for i := range a {
		for k, v := range a[i] {
			for j, w := range b[k] {
				m[i][j] += v * w
			}
		}
	}
	return m
}

func transpose(a naiveMatrix) naiveMatrix {
	return build(len(a[0]), len(a), func(i, j int) float64 { return a[j][i] })
}

func columns(a naiveMatrix, from, to int) naiveMatrix {
	return build(len(a), to-from, func(i, j int) float64 { return a[i][from+j] })
}

func plusDiagonal(a naiveMatrix, v float64) naiveMatrix {
	m := build(len(a), len(a), func(i, j int) float64 { return a[i][j] })
	for i := range m {
		m[i][i] += v
	}
	return m
}

// meanOf returns the mean of the diagonal.
func meanOf(a naiveMatrix) (mean float64) {
	for i := range a {
		mean += a[i][i] / float64(len(a))
	}
	return mean
}

// squares returns ‖a − b‖², b being zero if it is nil.
func squares(a, b naiveMatrix) (sum float64) {
	each(a, func(i, j int) {
		d := a[i][j]
		if b != nil {
			d -= b[i][j]
		}
		sum += d * d
	})
	return sum
}

func inner(a, b naiveMatrix) (sum float64) {
	each(a, func(i, j int) { sum += a[i][j] * b[i][j] })
	return sum
}
