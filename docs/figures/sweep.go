package main

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"sparsellm/docs/internal/micro"
	"sparsellm/linalg"
	"sparsellm/prune"
)

// sweep draws the masks that three sweeps leave, and what methods cost.
func sweep() [][]*plot.Plot {
	net, x, _ := micro.Load(model, block)
	h := prune.NewHessian[float64](x.Cols)
	h.Add(nil, x, 1)
	pattern := spec(0)
	pattern.Pattern = prune.Pattern{Keep: 2, Of: 4}
	free := mask("Half of them all", net.Up, h, spec(0.5))
	fixed := mask("Two of every four", net.Up, h, pattern)

	curves := panel("Error of W1·X", "share of zeros", "")
	logY(curves)
	for _, m := range []struct {
		name   string
		method prune.Method[float64]
		colour color.Color
	}{
		{"magnitude", prune.Magnitude[float64]{}, grey},
		{"Wanda", prune.Wanda[float64]{}, orange},
		{"sweep", prune.SparseGPT[float64]{}, blue},
	} {
		var at plotter.XYs
		for s := 0.1; s < 0.95; s += 0.1 {
			w := net.Up.Clone()
			must(m.method.Prune(nil, w, h, spec(s)))
			at = append(at, plotter.XY{X: s, Y: h.Error(nil, w, net.Up)})
		}
		line(curves, m.name, m.colour, at)
	}
	var refitted plotter.XYs
	for s := 0.1; s < 0.95; s += 0.1 {
		w := net.Up.Clone()
		must(prune.SparseGPT[float64]{}.Prune(nil, w, h, spec(s)))
		refit(w, net.Up, h.Matrix(nil))
		refitted = append(refitted, plotter.XY{X: s, Y: h.Error(nil, w, net.Up)})
	}
	line(curves, "sweep, then refit", green, refitted)
	return [][]*plot.Plot{{free, fixed, curves}}
}

// mask shows the zeros of the first 32 rows of a pruned matrix in black.
func mask(title string, dense linalg.Matrix[float64], h *prune.Hessian[float64], s prune.Spec) *plot.Plot {
	w := dense.Clone()
	must(prune.SparseGPT[float64]{}.Prune(nil, w, h, s))
	const rows = 32
	m := linalg.NewMatrix[float64](rows, w.Cols)
	for i := range rows {
		for j, v := range w.Row(i) {
			if v == 0 {
				m.Set(i, j, 1)
			}
		}
	}
	p := panel(title, "column (input)", "row (neuron)")
	heat := plotter.NewHeatMap(grid{m}, greys{})
	heat.Min, heat.Max = 0, 1
	p.Add(heat)
	return p
}
