package arch_test

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"sparsellm/arch"
	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/perplexity"
	"sparsellm/pipeline"
	"sparsellm/prune"
)

// changed is a model with other weights in some places.
type changed struct {
	synthetic
	over map[string][]float32
}

func (c changed) ReadFloat32(name string, dst []float32) error {
	if w, ok := c.over[name]; ok {
		copy(dst, w)
		return nil
	}
	return c.synthetic.ReadFloat32(name, dst)
}

// Store implements model.Sink.
func (c changed) Store(at model.Slot, w linalg.Matrix[float32]) error {
	c.over[at.Tensor] = w.Clone().Data
	return nil
}

// Round implements model.Sink.
func (c changed) Round(model.Slot, linalg.Matrix[float32]) {}

// TestEveryVariantIsPruned prunes every form of every architecture by every
// method: all matrices get their zeros, and the perplexity is a number.
func TestEveryVariantIsPruned(t *testing.T) {
	ids, _ := readVariants(t)
	models := forms(t)
	const samples, length = 8, 24 // beyond the window and the unscaled positions of those that have some
	var calibration, test [][]int
	for s := range samples {
		row := make([]int, length)
		for i := range row {
			row[i] = (s*s + i*i*(s+3) + ids[i%len(ids)]) % 50
		}
		if s%2 == 0 {
			calibration = append(calibration, row)
		} else {
			test = append(test, row)
		}
	}
	methods := append([]string{"sparsellm-compat"}, prune.Names(nil)...)
	table := &strings.Builder{}
	tw := tabwriter.NewWriter(table, 2, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(tw, "form\tdense\t%s\t\n", strings.Join(methods, "\t"))
	for _, name := range slices.Sorted(maps.Keys(models)) {
		v := models[name]
		src := changed{v.Shapes, nil}
		measure := func() float64 {
			t.Helper()
			m, err := arch.Open[float32](v.Config, src)
			if err != nil {
				t.Fatal(err)
			}
			r, err := perplexity.Of(context.Background(), nil, m, test, nil)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			return r.Perplexity
		}
		fmt.Fprintf(tw, "%s\t%.1f\t", name, measure())
		for _, method := range methods {
			src.over = nil
			m, err := arch.Open[float32](v.Config, src)
			if err != nil {
				t.Fatal(err)
			}
			src.over = map[string][]float32{}
			base, compat := strings.CutSuffix(method, "-compat")
			reports, err := pipeline.Run(context.Background(), nil, m, calibration, pipeline.Options[float32]{
				Settings: pipeline.Settings{
					Method: base, Compat: compat, Allocate: "uniform", Epochs: 2,
					Spec: prune.Spec{Sparsity: 0.5, BlockSize: 8, Damping: 0.01, Bits: 16},
				},
				Sink: src,
			})
			if err != nil {
				t.Errorf("%s by %s: %v", name, method, err)
				continue
			}
			matrices := 0
			for tensor, shape := range v.Shapes {
				if strings.Contains(tensor, ".layers.") && len(shape) == 2 {
					matrices++
				}
			}
			if len(reports) != matrices || len(src.over) != matrices {
				t.Errorf("%s by %s: %d reports and %d weights of %d matrices", name, method, len(reports), len(src.over), matrices)
			}
			for _, r := range reports {
				// A sweep zeroes one weight more in each block of 8 columns.
				if r.Sparsity < 0.5 || r.Sparsity > 0.5+1.0/8 {
					t.Errorf("%s by %s: %s has %.3f zeros", name, method, r.Tensor, r.Sparsity)
				}
			}
			p := measure()
			fmt.Fprintf(tw, "%.1f\t", p)
			if !(p > 1) || math.IsInf(p, 0) {
				t.Errorf("%s by %s: perplexity %v", name, method, p)
			}
		}
		fmt.Fprintln(tw)
	}
	tw.Flush()
	t.Logf("perplexities at 50%% zeros\n%s", table)
}
