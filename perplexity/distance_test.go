package perplexity_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/perplexity"
)

// TestDistance compares with the definitions, worked out from all logits.
func TestDistance(t *testing.T) {
	rows := readRows(t, "../testdata/llama-micro/test.rows.json", 5, 20)
	m, other := open[float64](t, "../testdata/llama-micro"), open[float64](t, "../testdata/opt-micro") // of the same vocabulary
	for _, other := range []model.Model[float64]{other, m} {
		var kept []linalg.Matrix[float64]
		keep := func(to *[]linalg.Matrix[float64]) func(x linalg.Matrix[float64]) error {
			return func(x linalg.Matrix[float64]) error {
				c := linalg.NewMatrix[float64](x.Rows, x.Cols)
				for i := range x.Rows {
					copy(c.Row(i), x.Row(i))
				}
				*to = append(*to, c)
				return nil
			}
		}
		if err := perplexity.States(context.Background(), nil, other, rows, nil, keep(&kept)); err != nil {
			t.Fatal(err)
		}
		next := 0
		got, err := perplexity.DistanceOf(context.Background(), linalg.NewPool(2), m, other, rows, func(x linalg.Matrix[float64]) error {
			copy(x.Data, kept[next].Data)
			next++
			return nil
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var mine []linalg.Matrix[float64]
		if err := perplexity.States(context.Background(), nil, m, rows, nil, keep(&mine)); err != nil {
			t.Fatal(err)
		}
		probabilities := func(m model.Model[float64], x linalg.Matrix[float64]) linalg.Matrix[float64] {
			l := linalg.NewMatrix[float64](x.Rows, m.Config().Vocab)
			if err := m.Logits(nil, l, x); err != nil {
				t.Fatal(err)
			}
			for i := range l.Rows {
				linalg.Softmax(l.Row(i))
			}
			return l
		}
		var kls []float64
		same := 0.0
		for i, row := range rows {
			p, q := probabilities(other, kept[i]), probabilities(m, mine[i])
			for j := range len(row) - 1 {
				kl := 0.0
				for k, v := range p.Row(j) {
					kl += v * math.Log(v/q.At(j, k))
				}
				kls = append(kls, kl)
				if slices.Index(p.Row(j), slices.Max(p.Row(j))) == slices.Index(q.Row(j), slices.Max(q.Row(j))) {
					same++
				}
			}
		}
		sum := 0.0
		for _, kl := range kls {
			sum += kl
		}
		n := float64(len(kls))
		slices.Sort(kls)
		at := 0.99 * (n - 1)
		want99 := kls[int(at)] + (at-math.Floor(at))*(kls[int(at)+1]-kls[int(at)])
		near := func(what string, got, want float64) {
			if !(math.Abs(got-want) <= 1e-12*(1+math.Abs(want))) {
				t.Errorf("%s is %v, want %v", what, got, want)
			}
		}
		near("the mean", got.KL, sum/n)
		near("the percentile", got.KL99, want99)
		near("the agreement", got.Agreement, same/n)
		near("the perplexity", got.Perplexity, of[float64](t, "../testdata/llama-micro", rows))
		if other == m && (got.KL != 0 || got.Agreement != 1 || got.KLStderr != 0 || got.Perplexity != got.Reference) {
			t.Errorf("a model is away from itself: %+v", got)
		}
		if got.Tokens != 95 || !(got.KLStderr >= 0) || !(got.AgreementStderr >= 0) {
			t.Errorf("got %+v", got)
		}
	}
}
