package main

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"sparsellm/docs/internal/micro"
	"sparsellm/linalg"
	"sparsellm/prune"
)

// leastSquares draws what zeroing the smallest weights of W₁ costs, without
// and with the others refitted.
func leastSquares() [][]*plot.Plot {
	net, x, _ := micro.Load(model, block)
	h := prune.NewHessian[float64](x.Cols)
	h.Add(nil, x, 1)
	var raw, refitted plotter.XYs
	for s := 0.1; s < 0.95; s += 0.1 {
		w := net.Up.Clone()
		must(prune.Magnitude[float64]{}.Prune(nil, w, nil, spec(s)))
		raw = append(raw, plotter.XY{X: s, Y: h.Error(nil, w, net.Up)})
		refit(w, net.Up, h.Matrix(nil))
		refitted = append(refitted, plotter.XY{X: s, Y: h.Error(nil, w, net.Up)})
	}
	p := panel("Error of W1·X, its smallest weights zeroed", "share of zeros", "")
	logY(p)
	line(p, "the others as they were", orange, raw)
	line(p, "the others refitted", blue, refitted)
	return [][]*plot.Plot{{p}}
}

// refit solves for the weights of w that are not zero: least squares against
// the output of the dense weights.
func refit(w, dense, h linalg.Matrix[float64]) {
	diff := dense.Clone()
	for i := range diff.Data {
		diff.Data[i] -= w.Data[i]
	}
	residual := linalg.NewMatrix[float64](w.Rows, w.Cols)
	linalg.Gemm(nil, linalg.NoTrans, linalg.NoTrans, 1, diff, h, 0, residual)
	linalg.LeastSquaresOnSupport(nil, h, residual, w, 1e-12)
}

func spec(sparsity float64) prune.Spec {
	return prune.Spec{Sparsity: sparsity, BlockSize: 32, Damping: 0.01, Bits: 16}
}
