package opt

import (
	"sparsellm/internal/decoder"
	"sparsellm/internal/llamacpp"
)

// BLOOM has no positions, but scores that fall with the distance, and norms its
// embeddings.
var _ = register(decoder.Architecture{
	Type: "bloom", Title: "BLOOM", Tokenizer: "BloomTokenizer",
	Words: "transformer.word_embeddings.weight", Head: "lm_head.weight", Blocks: "transformer.h.",
	GGUF: decoder.GGUF{
		Arch: "bloom", Biases: true, Class: "BloomForCausalLM",
		Config: func(m *llamacpp.Meta, c *llamacpp.Config) {
			fileShape(m, c, "hidden_size", "n_layer", "n_head")
			ungrouped(m)
			m.Int("feed_forward_length", 0) // which is always four times as wide
			c.Put("seq_length", m.Int("context_length", 0))
			c.Put("layer_norm_epsilon", m.Number("attention.layer_norm_epsilon", 1e-5))
			c.Words(m)
		},
	},
	Describe: func(_ *decoder.Architecture, f *decoder.Config) decoder.Description {
		d := decoder.Description{
			EmbeddingNorm: "transformer.word_embeddings_layernorm", FinalNorm: "transformer.ln_f",
		}
		hidden, blocks, heads := "hidden_size", "n_layer", "n_head"
		if !f.Has(hidden) { // as the first configs have it
			hidden = "n_embed"
		}
		if !f.Has(blocks) {
			blocks = "num_hidden_layers"
		}
		if !f.Has(heads) {
			heads = "num_attention_heads"
		}
		shape(f, &d, hidden, blocks, heads)
		d.Intermediate = 4 * d.Hidden
		d.MaxPositions = f.Int("seq_length", 2048, 1, decoder.MaxPositions) // it has no limit; so long it was trained
		d.Tied = f.Bool("tie_word_embeddings", true)
		d.Activation = "gelu_new"
		d.Norms = layerNorm(f, "layer_norm_epsilon")
		f.Neutral("apply_residual_connection_post_layernorm", 0)
		f.Neutral("slow_but_exact", 0)
		block := fusedBlock("self_attention", true)
		block.Attention.ALiBi = true
		d.Block = func(int) decoder.BlockDescription { return block }
		return d
	},
})
