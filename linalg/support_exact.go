package linalg

import "math"

// split divides a batch's rows into those for which a factor of their support
// costs less, in groups of equal supports, and those for conjugate gradients.
func (s *supportSystem[A, T]) split(b *supportBatch[T]) (exact [][]int, iterated []int) {
	n := s.unit.Rows
	groups := make(map[string]int)
	var all [][]int
	key := make([]byte, (n+7)/8)
	for i, size := range b.size {
		if size == 0 {
			continue
		}
		clear(key)
		for j, m := range b.mask.Row(i) {
			if m != 0 {
				key[j/8] |= 1 << (j % 8)
			}
		}
		k, ok := groups[string(key)]
		if !ok {
			k = len(all)
			groups[string(key)] = k
			all = append(all, nil)
		}
		all[k] = append(all[k], i)
	}
	for _, group := range all {
		if factorCost(b.size[group[0]], len(group)) <= gradientCost(n, len(group), s.tolerance) {
			exact = append(exact, group)
		} else {
			iterated = append(iterated, group...)
		}
	}
	return exact, iterated
}

// factorCost is what solving rows that share a support of m weights costs by a
// factor, in operations of a large product's speed. The term in m² is what a
// small factorisation loses of that speed, and gathering.
func factorCost(m, rows int) float64 {
	x := float64(m)
	return x*x*x/3 + 250*x*x + 8*x*x*float64(rows)
}

// gradientCost is what conjugate gradients cost, in the same unit: a product
// and some 150 operations' time per weight for each iteration, of which Gram
// matrices with a damping of a hundredth need two for each halving or so of
// what is left to gain.
func gradientCost(n, rows int, tolerance float64) float64 {
	x := float64(n)
	iterations := 2 + 2*math.Log(1/max(tolerance, 1e-30))
	return iterations * float64(rows) * (2*x*x + 150*x)
}

// exactSteps solves groups of rows that share a support by its Cholesky factor
// and returns the rows of those supports on which g is not positive definite.
func exactSteps[T Float](p *Pool, g Matrix[T], b *supportBatch[T], groups [][]int) (failed []int) {
	bad := make([]bool, len(groups))
	p.For(len(groups), func(k int) {
		group := groups[k]
		m := b.size[group[0]]
		work := borrow[T](m*m + len(group)*m)
		defer work.giveBack()
		gs := MatrixOf(m, m, work.data[:m*m])
		x := MatrixOf(len(group), m, work.data[m*m:])
		support := make([]int, 0, m)
		for j, v := range b.mask.Row(group[0]) {
			if v != 0 {
				support = append(support, j)
			}
		}
		for i, si := range support {
			from, to := g.Row(si), gs.Row(i)
			for j, sj := range support[:i+1] {
				to[j] = from[sj]
			}
		}
		for i, row := range group {
			from, to := b.resid.Row(row), x.Row(i)
			for j, sj := range support {
				to[j] = from[sj]
			}
		}
		if Potrf(nil, gs) != nil {
			bad[k] = true
			return
		}
		SolveCholesky(nil, gs, x)
		for i, row := range group {
			from, to := x.Row(i), b.step.Row(row)
			for j, sj := range support {
				to[sj] = from[j]
			}
		}
	})
	for k, group := range groups {
		if bad[k] {
			failed = append(failed, group...)
		}
	}
	return failed
}
