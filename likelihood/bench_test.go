package likelihood

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"sparsellm/arch"
	"sparsellm/linalg"
	"sparsellm/perplexity"
)

// shapes is a source of random weights of SmolLM2-135M's shape, in five blocks.
type shapes struct{}

const shapesConfig = `{"model_type": "llama", "hidden_act": "silu", "hidden_size": 576, "intermediate_size": 1536,
	"num_hidden_layers": 5, "num_attention_heads": 9, "num_key_value_heads": 3, "max_position_embeddings": 8192,
	"rms_norm_eps": 1e-05, "rope_theta": 100000.0, "tie_word_embeddings": true, "vocab_size": 8192}`

func (shapes) Shape(name string) ([]int, bool) {
	switch {
	case strings.Contains(name, "norm"):
		return []int{576}, true
	case strings.Contains(name, "embed"):
		return []int{8192, 576}, true
	case strings.Contains(name, "k_proj"), strings.Contains(name, "v_proj"):
		return []int{192, 576}, true
	case strings.Contains(name, "gate"), strings.Contains(name, "up"):
		return []int{1536, 576}, true
	case strings.Contains(name, "down"):
		return []int{576, 1536}, true
	case strings.Contains(name, "lm_head"):
		return nil, false
	}
	return []int{576, 576}, true
}

func (shapes) ReadFloat32(_ string, dst []float32) error {
	rng := rand.New(rand.NewPCG(1, uint64(len(dst))))
	for i := range dst {
		dst[i] = float32(rng.NormFloat64()) * 0.02
	}
	return nil
}

func (shapes) ReadFloat64(string, []float64) error { panic("not used") }

// BenchmarkRate measures tokens a second: of windows of 2048 for perplexity, and
// of contexts with four endings of HellaSwag's lengths, shared tokens counted
// once. The share of vocabulary and blocks is SmolLM2's.
func BenchmarkRate(b *testing.B) {
	m, err := arch.Open[float32]([]byte(shapesConfig), shapes{})
	if err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	row := func(n int) []int {
		ids := make([]int, n)
		for i := range ids {
			ids[i] = rng.IntN(8192)
		}
		return ids
	}
	pool := linalg.NewPool(2)
	b.Run("perplexity", func(b *testing.B) {
		rows := [][]int{row(2048), row(2048), row(2048), row(2048)}
		for b.Loop() {
			if _, err := perplexity.Of(context.Background(), pool, m, rows, nil); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(4*2048*b.N)/b.Elapsed().Seconds(), "tokens/s")
	})
	b.Run("hellaswag", func(b *testing.B) {
		var all []Request
		for range 60 {
			c := row(30 + rng.IntN(60))
			for range 4 {
				all = append(all, Request{c, row(10 + rng.IntN(25))})
			}
		}
		var counts Counts
		for b.Loop() {
			if _, counts, err = Of(context.Background(), pool, m, all, 8192, nil); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(counts.Tokens*b.N)/b.Elapsed().Seconds(), "tokens/s")
	})
}
