package main

import (
	"context"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"sparsellm/docs/internal/micro"
	"sparsellm/prune"
)

// alternation draws the objective of the block after each epoch, and how far
// the update of W₁ has drifted.
func alternation() [][]*plot.Plot {
	dense, x, samples := micro.Load(model, block)
	const epochs = 8
	problem := prune.Problem[float64]{X: x, Samples: samples, Epochs: epochs, Spec: spec(0.5)}

	watch := func(net *prune.FFN[float64], objective, largest *plotter.XYs) func(prune.Step[float64]) {
		return func(s prune.Step[float64]) {
			e := float64(s.Epoch)
			switch s.Name {
			case "up.updated":
				top := 0.0
				for _, v := range s.Value.Data {
					top = max(top, math.Abs(v))
				}
				*largest = append(*largest, plotter.XY{X: e, Y: top})
			case "down.pruned":
				*objective = append(*objective, plotter.XY{X: e, Y: micro.Objective(dense, net, x)})
			}
		}
	}
	var released, stable, releasedW, stableW plotter.XYs
	net := micro.Clone(dense)
	problem.Net, problem.Penalties = net, prune.Penalties{Alpha: 0.1, Beta: 0.1, Gamma: 0.1}
	problem.Observe = watch(net, &released, &releasedW)
	_, err := prune.Released(context.Background(), nil, problem)
	must(err)
	net = micro.Clone(dense)
	problem.Net, problem.Penalties = net, prune.Penalties{Alpha: 1, Beta: 1, Gamma: 1}
	problem.Observe = watch(net, &stable, &stableW)
	_, err = prune.SparseLLM(context.Background(), nil, problem)
	must(err)

	left := panel("Error of the block, f(X) against Y", "epoch", "")
	logY(left)
	left.Legend.Left, left.Legend.Top = true, true
	line(left, "released code", orange, released)
	line(left, "stable form", blue, stable)
	level(left, "SparseGPT", stable[0].Y, 0, epochs-1)
	right := panel("Largest |W1| before its sweep", "epoch", "")
	logY(right)
	right.Legend.YOffs = 8 * vg.Millimeter
	line(right, "released code", orange, releasedW)
	line(right, "stable form", blue, stableW)
	return [][]*plot.Plot{{left, right}}
}
