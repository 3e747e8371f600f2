package generate

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"sparsellm/arch"
	"sparsellm/linalg"
	"sparsellm/model"
)

// weightless is a model of SmolLM2-135M's shape whose matrices take no time:
// what is left of a token's is that of everything else.
type weightless struct{}

func (weightless) Shape(name string) ([]int, bool) {
	switch {
	case strings.Contains(name, "norm"):
		return []int{576}, true
	case strings.Contains(name, "embed"):
		return []int{49152, 576}, true
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

func (weightless) ReadFloat32(_ string, dst []float32) error {
	for i := range dst {
		dst[i] = 1
	}
	return nil
}

func (weightless) ReadFloat64(string, []float64) error { panic("not used") }

func (weightless) Weight(_ model.Slot, outputs, inputs int) (model.Weight[float32], bool, error) {
	return nothing{outputs, inputs}, true, nil
}

type nothing struct{ outputs, inputs int }

func (n nothing) Outputs() int                                         { return n.outputs }
func (n nothing) Inputs() int                                          { return n.inputs }
func (nothing) Apply(pool *linalg.Pool, dst, x linalg.Matrix[float32]) { pool.For(2, func(int) {}) }
func (nothing) Add(pool *linalg.Pool, dst, x linalg.Matrix[float32])   { pool.For(2, func(int) {}) }
func (nothing) Unpack(row int, dst []float32)                          { dst[0] = 1 }
func (n nothing) ApplyEach(pool *linalg.Pool, _ []model.Weight[float32], _ []linalg.Matrix[float32], _ linalg.Matrix[float32]) bool {
	pool.For(2, func(int) {})
	return true
}

// BenchmarkToken measures what a token takes besides its products with weights,
// after so many.
func BenchmarkToken(b *testing.B) {
	const config = `{"model_type": "llama", "hidden_act": "silu", "hidden_size": 576, "intermediate_size": 1536,
		"num_hidden_layers": 30, "num_attention_heads": 9, "num_key_value_heads": 3, "max_position_embeddings": 8192,
		"rms_norm_eps": 1e-05, "rope_theta": 100000.0, "tie_word_embeddings": true, "vocab_size": 49152}`
	for _, positions := range []int{32, 128, 512} {
		for threads := 1; threads <= 2; threads++ {
			b.Run(fmt.Sprintf("positions=%d/threads=%d", positions, threads), func(b *testing.B) {
				m, err := arch.Open[float32]([]byte(config), weightless{})
				if err != nil {
					b.Fatal(err)
				}
				d, err := NewDecoder(linalg.NewPool(threads), m)
				if err != nil {
					b.Fatal(err)
				}
				s := newSampler[float32](Sampling{})
				b.ReportAllocs()
				if _, err := d.Feed(context.Background(), make([]int, positions)...); err != nil {
					b.Fatal(err)
				}
				for b.Loop() {
					if len(d.ids) == 2*positions {
						b.StopTimer()
						d.Reset()
						if _, err := d.Feed(context.Background(), make([]int, positions)...); err != nil {
							b.Fatal(err)
						}
						b.StartTimer()
					}
					logits, err := d.Feed(context.Background(), 1)
					if err == nil {
						_, err = s.next(logits)
					}
					if err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
