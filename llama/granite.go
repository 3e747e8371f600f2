package llama

import (
	"sparsellm/internal/decoder"
	"sparsellm/internal/llamacpp"
)

// Granite multiplies embeddings, scores, what is added to the residual stream,
// and logits.
var _ = register(family{
	kind: "granite", title: "Granite", tokenizer: "GPT2Tokenizer", tokenizer5: "TokenizersBackend",
	positions: 2048, attentionBias: saidBias, networkBias: saidBias,
	gguf: decoder.GGUF{
		Arch: "granite", Class: "GraniteForCausalLM", Interleaved: true, Biases: true,
		Config: func(m *llamacpp.Meta, c *llamacpp.Config) {
			if m.Is("rope.scaling.finetuned", 0) {
				m.Fail("has no rotary positions (granite.rope.scaling.finetuned is false), which is not supported")
			}
			c.Put("logits_scaling", m.Number("logit_scale", 1))
			c.PutNumber("embedding_multiplier", m.Scale("embedding_scale"))
			c.PutNumber("residual_multiplier", m.Scale("residual_scale"))
			scale := m.Scale("attention.scale")
			if scale == "" {
				scale = llamacpp.RootOf(m.HeadDim())
			}
			c.Put("attention_multiplier", scale)
		},
		Metadata: func(d *decoder.Description, put llamacpp.Put) {
			b := d.Block(0)
			put("logit_scale", float32(1/d.LogitScale))
			put("embedding_scale", float32(d.EmbeddingScale))
			put("residual_scale", float32(b.Residual))
			put("attention.scale", float32(b.Attention.Scale))
		},
	},
	adapt: func(f *decoder.Config, d *decoder.Description, blocks []decoder.BlockDescription) {
		multiplier := func(key string) float64 {
			if f.There(key) {
				return f.Positive(key)
			}
			return 1
		}
		d.EmbeddingScale = multiplier("embedding_multiplier")
		d.LogitScale = 1 / multiplier("logits_scaling")
		for i := range blocks {
			blocks[i].Attention.Scale = multiplier("attention_multiplier")
			blocks[i].Residual = multiplier("residual_multiplier")
		}
	},
})
