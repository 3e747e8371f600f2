package opt

import "sparsellm/internal/decoder"

// BLOOM has no positions, but scores that fall with the distance, and norms its
// embeddings.
var _ = register(decoder.Architecture{
	Type: "bloom", Title: "BLOOM", Tokenizer: "BloomTokenizer",
	Words: "transformer.word_embeddings.weight", Head: "lm_head.weight", Blocks: "transformer.h.",
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
		block := decoder.BlockDescription{
			Attention: decoder.AttentionDescription{
				Norms: decoder.Norms{Input: "input_layernorm"}, ALiBi: true,
				QKV: decoder.LinearDescription{Name: "self_attention.query_key_value", Bias: true},
				O:   decoder.LinearDescription{Name: "self_attention.dense", Bias: true},
			},
			Network: decoder.NetworkDescription{
				Norms: decoder.Norms{Input: "post_attention_layernorm"},
				Up:    decoder.LinearDescription{Name: "mlp.dense_h_to_4h", Bias: true},
				Down:  decoder.LinearDescription{Name: "mlp.dense_4h_to_h", Bias: true},
			},
		}
		d.Block = func(int) decoder.BlockDescription { return block }
		return d
	},
})
