package linalg

import "unsafe"

// gradientSteps finds the steps of the given rows of a batch by conjugate
// gradients. The diagonal of g is 1, so that these are gradients with Jacobi's
// preconditioner for the Gram matrix before it was scaled.
//
// All rows iterate together, since the products of their directions with g
// are then one matrix product, and each has its own α and β. Rows that have
// ended make room. The result of a row does not depend on the others.
func gradientSteps[T Float](p *Pool, g Matrix[T], b *supportBatch[T], rows []int, tolerance float64) {
	if len(rows) == 0 {
		return
	}
	n := g.Rows
	dirs, images := Take[T](p, len(rows), n), Take[T](p, len(rows), n)
	defer GiveBack(p, dirs, images)
	active := make([]gradientRow[T], 0, len(rows))
	for _, i := range rows {
		a := gradientRow[T]{
			mask: b.mask.Row(i), resid: b.resid.Row(i), step: b.step.Row(i), dir: dirs.Row(len(active)),
		}
		copy(a.dir, a.resid)
		if a.rr = Dot(a.resid, a.resid); a.rr > 0 {
			active = append(active, a)
		}
	}
	for it := 0; len(active) > 0 && it < 2*n; it++ {
		d, q := dirs.Slice(0, len(active), 0, n), images.Slice(0, len(active), 0, n)
		Gemm(p, NoTrans, NoTrans, 1, d, g, 0, q)
		p.For(len(active), func(i int) { active[i].iterate(q.Row(i), tolerance) })
		kept := active[:0]
		for _, a := range active {
			if a.ended {
				continue
			}
			to := dirs.Row(len(kept))
			copy(to, a.dir) // moves up, or onto itself
			a.dir = to
			kept = append(kept, a)
		}
		active = kept
	}
}

// gradientRow is the state of one row's conjugate gradients.
type gradientRow[T Float] struct {
	mask, resid, step, dir []T
	rr                     float64 // ‖resid‖²
	fell                   float64 // by how much f fell so far
	ended                  bool
}

// iterate does one iteration, image being dir·G.
func (a *gradientRow[T]) iterate(image []T, tolerance float64) {
	curvature := Dot(a.dir, image)
	if !(curvature > 0) { // a direction that G does not see, by its rounding
		a.ended = true
		return
	}
	alpha := a.rr / curvature
	fall := alpha * a.rr
	a.fell += fall
	rr := a.advance(T(alpha), image)
	if fall <= max(tolerance, epsilon[T]()*epsilon[T]())*a.fell || !(rr > 0) {
		a.ended = true
		return
	}
	beta := T(rr / a.rr)
	dir := a.dir[:len(a.resid)]
	for j, v := range a.resid {
		dir[j] = v + beta*dir[j]
	}
	a.rr = rr
}

// advance moves the step by alpha along the direction and returns ‖resid‖².
func (a *gradientRow[T]) advance(alpha T, image []T) float64 {
	n := len(a.step)
	step, dir, resid, mask, image := a.step, a.dir[:n], a.resid[:n], a.mask[:n], image[:n]
	var even, odd float64
	j := 0
	for ; j+1 < n; j += 2 {
		step[j] += alpha * dir[j]
		step[j+1] += alpha * dir[j+1]
		x := (resid[j] - alpha*image[j]) * mask[j]
		y := (resid[j+1] - alpha*image[j+1]) * mask[j+1]
		resid[j], resid[j+1] = x, y
		even += float64(x) * float64(x)
		odd += float64(y) * float64(y)
	}
	if j < n {
		step[j] += alpha * dir[j]
		x := (resid[j] - alpha*image[j]) * mask[j]
		resid[j] = x
		even += float64(x) * float64(x)
	}
	return even + odd
}

// epsilon returns the distance from 1 to the next larger T.
func epsilon[T Float]() float64 {
	var x T
	if unsafe.Sizeof(x) == 4 {
		return 0x1p-23
	}
	return 0x1p-52
}
