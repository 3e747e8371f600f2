package opt

import (
	"sparsellm/internal/decoder"
	"sparsellm/internal/llamacpp"
)

// GPT-NeoX, and Pythia, run their sublayers side by side, each on a norm of its
// own, and turn a part of each head.
var _ = register(decoder.Architecture{
	Type: "gpt_neox", Title: "GPT-NeoX", Tokenizer: "GPTNeoXTokenizer",
	Words: "gpt_neox.embed_in.weight", Head: "embed_out.weight", Blocks: "gpt_neox.layers.",
	GGUF: decoder.GGUF{
		Arch: "gptneox", Biases: true, OwnHead: true, Class: "GPTNeoXForCausalLM",
		Config: func(m *llamacpp.Meta, c *llamacpp.Config) {
			c.Put("hidden_act", "gelu")
			fileShape(m, c, "hidden_size", "num_hidden_layers", "num_attention_heads")
			ungrouped(m)
			c.Put("intermediate_size", m.Int("feed_forward_length", 0))
			turning, positions := m.Int("rope.dimension_count", m.HeadDim()), m.Int("context_length", 0)
			c.Put("max_position_embeddings", positions)
			c.Put("layer_norm_eps", m.Number("attention.layer_norm_epsilon", 1e-5))
			c.Put("rotary_pct", llamacpp.Share(turning, m.HeadDim()))
			c.Put("rotary_emb_base", m.Number("rope.freq_base", 10000))
			c.Rope(m, turning, positions)
			c.Put("use_parallel_residual", !m.Is("use_parallel_residual", 0))
			c.Words(m)
		},
		Metadata: func(d *decoder.Description, put llamacpp.Put) { put("use_parallel_residual", d.Block(0).Parallel) },
	},
	Describe: func(_ *decoder.Architecture, f *decoder.Config) decoder.Description {
		d := decoder.Description{FinalNorm: "gpt_neox.final_layer_norm"}
		shape(f, &d, "hidden_size", "num_hidden_layers", "num_attention_heads")
		d.Intermediate = f.Size("intermediate_size", decoder.MaxWidth)
		d.MaxPositions = f.Int("max_position_embeddings", 2048, 1, decoder.MaxPositions)
		d.Tied = f.Bool("tie_word_embeddings", false)
		d.Activation = activationOf(f, "hidden_act", "gelu")
		d.Norms = layerNorm(f, "layer_norm_eps")
		rope := decoder.ParseRope(f, d.HeadDim, d.MaxPositions, nil, decoder.RopeChoices{
			Theta: f.Float("rotary_emb_base", 10000, 1), Partial: 0.25,
		})
		d.MaxPositions = rope.Longest()
		block := fusedBlock("attention", f.Bool("attention_bias", true))
		block.Attention.Rope = rope
		block.Parallel = f.Bool("use_parallel_residual", true)
		d.Block = func(int) decoder.BlockDescription { return block }
		return d
	},
})
