package generate

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// passing returns which tokens may be drawn, and their probabilities, as it is
// written down.
func passing(s Sampling, logits []float64) []float64 {
	p := make([]float64, len(logits))
	order := make([]int, len(logits))
	total := 0.0
	for i, v := range logits {
		p[i], order[i] = math.Exp((v-slices.Max(logits))/s.Temperature), i
		total += p[i]
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if p[a] > p[b] {
			return -1
		}
		if p[a] < p[b] {
			return 1
		}
		return 0
	})
	if s.TopK > 0 && s.TopK < len(order) {
		total = 0
		for _, i := range order[:s.TopK] {
			total += p[i]
		}
		order = order[:s.TopK]
	}
	sum := 0.0
	kept := make([]float64, len(logits))
	for _, i := range order {
		if s.TopP > 0 && s.TopP < 1 && sum >= s.TopP*total {
			break
		}
		sum += p[i]
		if p[i] >= s.MinP {
			kept[i] = p[i]
		}
	}
	sum = 0
	for _, v := range kept {
		sum += v
	}
	for i := range kept {
		kept[i] /= sum
	}
	return kept
}

// TestSampling compares how often tokens are drawn with their probabilities.
func TestSampling(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	logits := make([]float64, 40)
	for i := range logits {
		logits[i] = math.Round(8*rng.NormFloat64()) / 4 // some are equal
	}
	logits[7] = math.Inf(-1)
	for _, s := range []Sampling{
		{Temperature: 1}, {Temperature: 0.5}, {Temperature: 2, TopK: 5}, {Temperature: 1, TopK: 1000},
		{Temperature: 1, TopP: 0.7}, {Temperature: 1.5, TopP: 1e-9}, {Temperature: 1, MinP: 0.2}, {Temperature: 1, MinP: 1},
		{Temperature: 1.3, TopK: 20, TopP: 0.8, MinP: 0.05},
	} {
		want := passing(s, logits)
		drawn := make([]float64, len(logits))
		sampler, again := newSampler[float64](s), newSampler[float64](s)
		const n = 20000
		for range n {
			id, err := sampler.next(logits)
			if err != nil {
				t.Fatal(err)
			}
			if other, _ := again.next(logits); other != id {
				t.Fatal("the same seed draws otherwise")
			}
			drawn[id]++
		}
		for i, p := range want {
			// Five standard deviations of a binomial share.
			if d := math.Abs(drawn[i]/n - p); d > 5*math.Sqrt(p*(1-p)/n) {
				t.Errorf("%+v: token %d was drawn in %.4f, not %.4f of all", s, i, drawn[i]/n, p)
			}
		}
	}
}

// TestSamplingOddLogits has logits that are not finite.
func TestSamplingOddLogits(t *testing.T) {
	inf := math.Inf(1)
	for _, s := range []Sampling{{}, {Temperature: 1}, {Temperature: 1e-300, TopP: 0.5}, {Temperature: 1e300, MinP: 0.5}} {
		for _, logits := range [][]float64{{-inf, -inf}, {inf, 0}, {inf, inf, 3}, {1}} {
			if id, err := newSampler[float64](s).next(logits); err != nil || logits[id] != slices.Max(logits) && s.Temperature < 1e300 {
				t.Errorf("%+v of %v: %d, %v", s, logits, id, err)
			}
		}
		if _, err := newSampler[float64](s).next([]float64{1, math.NaN()}); err == nil {
			t.Error("a logit that is no number is taken")
		}
	}
	for _, s := range []Sampling{{Temperature: -1}, {Temperature: math.NaN()}, {Temperature: inf}, {TopK: -1}, {TopP: 1.1}, {TopP: math.NaN()}, {MinP: -0.1}} {
		if s.Check() == nil {
			t.Errorf("%+v is allowed", s)
		}
	}
}
