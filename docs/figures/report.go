package main

import (
	"context"
	"encoding/json"
	"image/color"
	"os"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"sparsellm/arch"
	"sparsellm/checkpoint"
	"sparsellm/linalg"
	"sparsellm/perplexity"
	"sparsellm/pipeline"
)

// report draws what methods do to a whole model, and to one of its matrices.
func report() [][]*plot.Plot {
	const dir, watched = "../../testdata/llama-micro", "mlp.down_proj"
	left := panel("Perplexity of the model", "share of zeros", "")
	right := panel("Error of "+watched+", block 1", "share of zeros", "")
	logY(right)
	left.Legend.Left, left.Legend.Top = true, true
	for _, m := range []struct {
		name   string
		colour color.Color
	}{{"magnitude", grey}, {"wanda", orange}, {"sparsegpt", blue}, {"sparsellm", green}} {
		var whole, part plotter.XYs
		for s := 0.1; s < 0.85; s += 0.1 {
			p, matrices := pruned(dir, m.name, s)
			whole = append(whole, plotter.XY{X: s, Y: p})
			for _, r := range matrices {
				if r.Block == 1 && r.Name == watched {
					part = append(part, plotter.XY{X: s, Y: r.Error})
				}
			}
		}
		line(left, m.name, m.colour, whole)
		line(right, m.name, m.colour, part)
	}
	return [][]*plot.Plot{{left, right}}
}

// pruned returns the perplexity of the model in dir, pruned by a method, and
// what became of its matrices.
func pruned(dir, method string, sparsity float64) (float64, []pipeline.MatrixReport) {
	ck, err := checkpoint.Open(dir)
	must(err)
	defer ck.Close()
	over, err := checkpoint.NewOverlay(ck, checkpoint.F64)
	must(err)
	m, err := arch.Open[float64](ck.Config(), over)
	must(err)
	ctx, pool := context.Background(), linalg.NewPool(2)
	matrices, err := pipeline.Run(ctx, pool, m, tokenRows(dir, "calib.rows.json"), pipeline.Options[float64]{
		Settings: pipeline.Settings{Method: method, Epochs: 4, Spec: spec(sparsity)},
		Sink:     checkpoint.SinkOf[float64](over),
	})
	must(err)
	p, err := perplexity.Of(ctx, pool, m, tokenRows(dir, "test.rows.json"), nil)
	must(err)
	return p.Perplexity, matrices
}

func tokenRows(dir, name string) (rows [][]int) {
	text, err := os.ReadFile(filepath.Join(dir, name))
	must(err)
	must(json.Unmarshal(text, &rows))
	return rows
}
