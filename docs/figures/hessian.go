package main

import (
	"image/color"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/palette"
	"gonum.org/v1/plot/plotter"

	"sparsellm/docs/internal/micro"
	"sparsellm/linalg"
	"sparsellm/prune"
)

// hessian draws how the features of X go together, and along how many
// directions X varies.
func hessian() [][]*plot.Plot {
	_, x, _ := micro.Load(model, block)
	h := prune.NewHessian[float64](x.Cols)
	h.Add(nil, x, 1)
	m := h.Matrix(nil)
	n := m.Rows

	cosines := linalg.NewMatrix[float64](n, n)
	for i := range n {
		for j := range n {
			cosines.Set(i, j, math.Abs(m.At(i, j))/math.Sqrt(m.At(i, i)*m.At(j, j)))
		}
	}
	left := panel("|H_ij| / √(H_ii·H_jj): black is 1", "feature j", "feature i")
	heat := plotter.NewHeatMap(grid{cosines}, greys{})
	heat.Min, heat.Max = 0, 1
	left.Add(heat)

	var eigen mat.EigenSym
	eigen.Factorize(mat.NewSymDense(n, m.Clone().Data), false)
	values := eigen.Values(nil)
	mean := 0.0
	for j := range n {
		mean += m.At(j, j) / float64(n)
	}
	var bare, damped plotter.XYs
	for k, v := range values {
		bare = append(bare, plotter.XY{X: float64(k), Y: v})
		damped = append(damped, plotter.XY{X: float64(k), Y: v + 0.01*mean})
	}
	right := panel("Eigenvalues of H", "from the least to the greatest", "")
	logY(right)
	line(right, "H", orange, bare)
	line(right, "H + 0.01·mean(diag H)·I", blue, damped)
	return [][]*plot.Plot{{left, right}}
}

// grid shows a matrix with its first row at the top.
type grid struct{ m linalg.Matrix[float64] }

func (g grid) Dims() (c, r int)   { return g.m.Cols, g.m.Rows }
func (g grid) Z(c, r int) float64 { return g.m.At(g.m.Rows-1-r, c) }
func (g grid) X(c int) float64    { return float64(c) }
func (g grid) Y(r int) float64    { return float64(r) }

// greys go from white to black.
type greys struct{}

var _ palette.Palette = greys{}

func (greys) Colors() []color.Color {
	c := make([]color.Color, 64)
	for i := range c {
		c[i] = color.Gray{uint8(255 - 4*i)}
	}
	return c
}
