package arch_test

import (
	"fmt"
	"strings"
	"testing"

	"sparsellm/arch"
	"sparsellm/linalg"
	"sparsellm/model"
)

// trained is synthetic with weights of the size that training leaves: larger
// ones drive the scores to where softmax underflows.
type trained struct{ synthetic }

func (s trained) ReadFloat32(name string, dst []float32) error {
	err := s.synthetic.ReadFloat32(name, dst)
	if !strings.Contains(name, "norm") {
		for i := range dst {
			dst[i] /= 20
		}
	}
	return err
}

// BenchmarkBlock runs one block of SmolLM2-135M's shape.
func BenchmarkBlock(b *testing.B) {
	const d, f, heads, kvHeads, headDim = 576, 1536, 9, 3, 64
	config := fmt.Appendf(nil, `{"model_type": "llama", "hidden_size": %d, "intermediate_size": %d, "num_hidden_layers": 1,
		"num_attention_heads": %d, "num_key_value_heads": %d, "vocab_size": 16, "max_position_embeddings": 8192, "tie_word_embeddings": true}`, d, f, heads, kvHeads)
	m, err := arch.Open[float32](config, trained{synthetic{
		"model.embed_tokens.weight":                      {16, d},
		"model.norm.weight":                              {d},
		"model.layers.0.input_layernorm.weight":          {d},
		"model.layers.0.post_attention_layernorm.weight": {d},
		"model.layers.0.self_attn.q_proj.weight":         {heads * headDim, d},
		"model.layers.0.self_attn.k_proj.weight":         {kvHeads * headDim, d},
		"model.layers.0.self_attn.v_proj.weight":         {kvHeads * headDim, d},
		"model.layers.0.self_attn.o_proj.weight":         {d, heads * headDim},
		"model.layers.0.mlp.up_proj.weight":              {f, d},
		"model.layers.0.mlp.gate_proj.weight":            {f, d},
		"model.layers.0.mlp.down_proj.weight":            {d, f},
	}})
	if err != nil {
		b.Fatal(err)
	}
	block, err := m.Block(0)
	if err != nil {
		b.Fatal(err)
	}
	var pass model.Pass[float32]
	for _, tokens := range []int{512, 2048} {
		ids := make([]int, tokens)
		for i := range ids {
			ids[i] = i % 16
		}
		input := linalg.NewMatrix[float32](tokens, d)
		if err := m.Embed(ids, 0, input); err != nil {
			b.Fatal(err)
		}
		for _, threads := range []int{1, 2} {
			pool := linalg.NewPool(threads)
			sublayer := func(name string, flops int, run func(x linalg.Matrix[float32])) {
				b.Run(fmt.Sprintf("%s/tokens=%d/threads=%d", name, tokens, threads), func(b *testing.B) {
					x := input.Clone()
					run(x)
					b.ReportAllocs()
					for b.Loop() {
						copy(x.Data, input.Data)
						run(x)
					}
					b.ReportMetric(float64(flops)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
				})
			}
			// Of the scores, half are above the diagonal and not needed.
			sublayer("attention", 2*tokens*d*(2*heads+2*kvHeads)*headDim+2*tokens*tokens*heads*headDim, func(x linalg.Matrix[float32]) {
				pass.Sublayers(pool, block, 0, 1, x, model.Sequences[float32]{Lengths: []int{tokens}}, nil)
			})
			sublayer("ffn", 6*tokens*d*f, func(x linalg.Matrix[float32]) { pass.Sublayers(pool, block, 1, 2, x, model.Sequences[float32]{}, nil) })
		}
	}
}
