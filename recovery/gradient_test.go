package recovery

import (
	"context"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"sparsellm/internal/golden"
	"sparsellm/linalg"
	"sparsellm/model"
)

// experts are the models of testdata that have them, which cannot be run
// backward.
var experts = []string{"mixtral", "olmoe", "qwen3-moe"}

func folders(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob("../testdata/today/*/config.json")
	if err != nil || len(all) == 0 {
		t.Fatal("there are no models")
	}
	for i, f := range all {
		all[i] = filepath.Dir(f)
	}
	return append(all, "../testdata/opt-micro", "../testdata/llama-micro")
}

// randomRows are of two lengths.
func randomRows(rng *rand.Rand, vocab int) [][]int {
	rows := [][]int{make([]int, 19), make([]int, 13)}
	for _, row := range rows {
		for i := range row {
			row[i] = rng.IntN(vocab)
		}
	}
	return rows
}

// TestGradients holds the gradient of every weight matrix of every model of
// testdata, in float64, to a difference of the loss along a random direction.
func TestGradients(t *testing.T) {
	for _, dir := range folders(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			m := golden.Model[float64](t, dir)
			n := network[float64]{m: m, pool: linalg.NewPool(2)}
			err := n.hold()
			if slices.Contains(experts, filepath.Base(dir)) {
				if err == nil {
					t.Fatal("experts are run backward")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			rng := rand.New(rand.NewPCG(1, 2))
			rows := randomRows(rng, m.Config().Vocab)
			// The teacher's last hidden states: the model's own, moved.
			y, err := n.forward(context.Background(), rows, nil)
			if err != nil {
				t.Fatal(err)
			}
			for i := range y.Data {
				y.Data[i] += 0.5 * rng.NormFloat64() * math.Abs(y.Data[i])
			}
			gradients := map[*model.Linear[float64]]linalg.Matrix[float64]{}
			var reach []linalg.Matrix[float64]
			x, err := n.forward(context.Background(), rows, func(_ int, x linalg.Matrix[float64]) { reach = append(reach, x.Clone()) })
			if err != nil {
				t.Fatal(err)
			}
			dx := linalg.NewMatrix[float64](x.Rows, x.Cols)
			if _, err := divergence(n.pool, m, m, dx, x, y); err != nil {
				t.Fatal(err)
			}
			for i := len(reach) - 1; i >= 0; i-- {
				n.back(n.blocks[i], reach[i], dx, lengthsOf(rows), func(l *model.Linear[float64], dy, in linalg.Matrix[float64]) {
					g := linalg.NewMatrix[float64](l.Weight.Outputs(), l.Weight.Inputs())
					linalg.Gemm(nil, linalg.Trans, linalg.NoTrans, 1, dy, in, 0, g)
					gradients[l] = g
				})
			}
			loss := func() float64 {
				x, err := n.forward(context.Background(), rows, nil)
				if err != nil {
					t.Fatal(err)
				}
				loss, err := divergence(n.pool, m, m, linalg.Matrix[float64]{}, x, y)
				if err != nil {
					t.Fatal(err)
				}
				return loss
			}
			h := 1e-4
			if m.Config().Activation == model.ReLU {
				h = 1e-7 // hardly any unit may turn on or off on the way
			}
			for i, b := range n.blocks {
				for _, l := range b.Linears() {
					checkDirection(t, i, l, gradients[l], h, loss, rng)
				}
			}
		})
	}
}

// checkDirection compares the change of the loss when w moves by ±h along a
// random direction with what the gradient says. Differences of two steps cancel
// the error of order h²; what is left is of order h⁴, and that of rounding.
func checkDirection(t *testing.T, block int, l *model.Linear[float64], g linalg.Matrix[float64], h float64, loss func() float64, rng *rand.Rand) {
	t.Helper()
	w := l.Matrix()
	before := w.Clone()
	direction := make([]float64, len(w.Data))
	var want, size float64
	for i := range direction {
		direction[i] = rng.NormFloat64() * (math.Abs(w.Data[i]) + 1e-3)
		want += direction[i] * g.Data[i]
		size += math.Abs(direction[i] * g.Data[i])
	}
	at := func(h float64) float64 {
		for i := range w.Data {
			w.Data[i] = before.Data[i] + h*direction[i]
		}
		return loss()
	}
	one := (at(h) - at(-h)) / (2 * h)
	two := (at(2*h) - at(-2*h)) / (4 * h)
	copy(w.Data, before.Data)
	got := (4*one - two) / 3
	if math.Abs(got-want) > 1e-6*size+1e-11 {
		t.Errorf("block %d, %s: the loss changes by %g, its gradient says %g (terms of %g)", block, l.Name, got, want, size)
	}
}
