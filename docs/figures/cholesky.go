package main

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"sparsellm/docs/internal/micro"
	"sparsellm/linalg"
	"sparsellm/prune"
)

// cholesky draws what repair is worth, and how far from the truth R is in float32, found by one reverse
// factor or by inverting H and factoring the inverse: the median over orders
// of the features.
func cholesky() [][]*plot.Plot {
	net, x, _ := micro.Load(model, block)
	h := prune.NewHessian[float64](x.Cols)
	h.Add(nil, x, 1)
	m := h.Matrix(nil)
	n := m.Rows
	mean := 0.0
	for j := range n {
		mean += m.At(j, j) / float64(n)
	}
	var reverse, twice plotter.XYs
	random := rand.New(rand.NewPCG(1, 2))
	for e := -1.0; e >= -4; e -= 0.5 {
		damping := math.Pow(10, e)
		var a, b []float64
		for range 301 {
			order := random.Perm(n)
			small := linalg.NewMatrix[float32](n, n)
			for i := range n {
				for j := range n {
					small.Set(i, j, float32(m.At(order[i], order[j])))
				}
				small.Data[i*n+i] += float32(damping * mean)
			}
			truth := linalg.Convert[float64](nil, small)
			must(linalg.InverseFactor(nil, truth))
			r := small.Clone()
			must(linalg.InverseFactor(nil, r))
			a = append(a, distance(r, truth))
			b = append(b, distance(inverseThenFactor(small), truth))
		}
		slices.Sort(a)
		slices.Sort(b)
		reverse = append(reverse, plotter.XY{X: damping, Y: a[len(a)/2]})
		twice = append(twice, plotter.XY{X: damping, Y: b[len(b)/2]})
	}
	p := panel("Error of R in float32", "damping", "")
	logY(p)
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, powers{}
	p.Legend.Top = true
	line(p, "inverse, then factor", orange, twice)
	line(p, "reverse factor", blue, reverse)
	return [][]*plot.Plot{{costs(net.Up, m), p}}
}

// costs draws what zeroing each weight alone costs, without and with repair,
// by the damped Hessian.
func costs(w, h linalg.Matrix[float64]) *plot.Plot {
	n := h.Rows
	l, mean := h.Clone(), 0.0
	for j := range n {
		mean += h.At(j, j) / float64(n)
	}
	for j := range n {
		l.Data[j*n+j] += 0.01 * mean
	}
	must(linalg.Potrf(nil, l))
	inverse := linalg.NewMatrix[float64](n, n)
	for i := range n {
		inverse.Set(i, i, 1)
	}
	linalg.SolveCholesky(nil, l, inverse)
	var points plotter.XYs
	for i := range w.Rows {
		for j, v := range w.Row(i) {
			c := v * v * (h.At(j, j) + 0.01*mean)
			points = append(points, plotter.XY{X: c, Y: v * v / inverse.At(j, j)})
		}
	}
	p := panel("Cost of a zero, with repair", "without repair", "")
	logY(p)
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, powers{}
	const least, most = 0.1, 2000 // the few smaller ones are left out
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = least, most, least, most
	dots, err := plotter.NewScatter(slices.DeleteFunc(points, func(q plotter.XY) bool { return q.Y < least }))
	must(err)
	dots.Color, dots.Shape, dots.Radius = blue, draw.CircleGlyph{}, vg.Points(0.8)
	equal, err := plotter.NewLine(plotter.XYs{{X: least, Y: least}, {X: most, Y: most}})
	must(err)
	equal.Color = grey
	p.Add(dots, equal)
	return p
}

// inverseThenFactor returns R the long way: H = L·Lᵀ, H⁻¹ from L, and the
// factor of that.
func inverseThenFactor(h linalg.Matrix[float32]) linalg.Matrix[float32] {
	n := h.Rows
	l := h.Clone()
	must(linalg.Potrf(nil, l))
	inverse := linalg.NewMatrix[float32](n, n)
	for i := range n {
		inverse.Set(i, i, 1)
	}
	linalg.SolveCholesky(nil, l, inverse)
	must(linalg.Potrf(nil, inverse))
	r := linalg.NewMatrix[float32](n, n)
	for i := range n {
		for j := range i + 1 {
			r.Set(j, i, inverse.At(i, j))
		}
	}
	return r
}

func distance(r linalg.Matrix[float32], truth linalg.Matrix[float64]) float64 {
	var diff, norm float64
	for i, v := range truth.Data {
		d := float64(r.Data[i]) - v
		diff += d * d
		norm += v * v
	}
	return math.Sqrt(diff / norm)
}
