package llama

import "sparsellm/internal/decoder"

// Granite multiplies embeddings, scores, what is added to the residual stream,
// and logits.
var _ = register(family{
	kind: "granite", title: "Granite", tokenizer: "GPT2Tokenizer", tokenizer5: "TokenizersBackend",
	positions: 2048, attentionBias: saidBias, networkBias: saidBias,
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
