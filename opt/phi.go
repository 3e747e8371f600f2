package opt

import (
	"sparsellm/internal/decoder"
	"sparsellm/internal/llamacpp"
)

// Phi-1 and Phi-2 run their sublayers side by side on one norm, turn a part of
// each head, and have a bias in the head.
var _ = register(decoder.Architecture{
	Type: "phi", Title: "Phi-2", Tokenizer: "CodeGenTokenizer",
	Words: "model.embed_tokens.weight", Head: "lm_head.weight", Blocks: "model.layers.",
	GGUF: decoder.GGUF{
		Arch: "phi2", Biases: true, OwnHead: true, Class: "PhiForCausalLM",
		Config: func(m *llamacpp.Meta, c *llamacpp.Config) {
			c.Put("hidden_act", "gelu_new")
			fileShape(m, c, "hidden_size", "num_hidden_layers", "num_attention_heads")
			c.Put("num_key_value_heads", m.Int("attention.head_count_kv", max(1, m.Int("attention.head_count", 0))))
			c.Put("intermediate_size", m.Int("feed_forward_length", 0))
			turning, positions := m.Int("rope.dimension_count", m.HeadDim()), m.Int("context_length", 0)
			c.Put("max_position_embeddings", positions)
			c.Put("layer_norm_eps", m.Number("attention.layer_norm_epsilon", 1e-5))
			c.Put("partial_rotary_factor", llamacpp.Share(turning, m.HeadDim()))
			c.Rope(m, turning, positions)
			c.Words(m)
		},
	},
	Describe: func(_ *decoder.Architecture, f *decoder.Config) decoder.Description {
		d := decoder.Description{FinalNorm: "model.final_layernorm", HeadBias: "lm_head.bias"}
		shape(f, &d, "hidden_size", "num_hidden_layers", "num_attention_heads")
		if f.Has("num_key_value_heads") {
			d.KVHeads = f.Int("num_key_value_heads", d.Heads, 1, decoder.MaxHeads)
		}
		if d.Heads%d.KVHeads != 0 {
			f.Fail("num_attention_heads is %d, not a multiple of the %d of num_key_value_heads", d.Heads, d.KVHeads)
		}
		d.Intermediate = f.Size("intermediate_size", decoder.MaxWidth)
		d.MaxPositions = f.Int("max_position_embeddings", 2048, 1, decoder.MaxPositions)
		d.Tied = f.Bool("tie_word_embeddings", false)
		d.Activation = activationOf(f, "hidden_act", "gelu_new")
		d.Norms = layerNorm(f, "layer_norm_eps")
		rope := decoder.ParseRope(f, d.HeadDim, d.MaxPositions, nil, decoder.RopeChoices{Partial: 0.5})
		d.MaxPositions = rope.Longest()
		linear := func(name string) decoder.LinearDescription {
			return decoder.LinearDescription{Name: name, Bias: true}
		}
		norms := decoder.Norms{Input: "input_layernorm"}
		block := decoder.BlockDescription{
			Attention: decoder.AttentionDescription{
				Norms: norms, Rope: rope,
				Q: linear("self_attn.q_proj"), K: linear("self_attn.k_proj"), V: linear("self_attn.v_proj"), O: linear("self_attn.dense"),
			},
			Network:  decoder.NetworkDescription{Norms: norms, Up: linear("mlp.fc1"), Down: linear("mlp.fc2")},
			Parallel: true,
		}
		if f.Bool("qk_layernorm", false) {
			block.Attention.QNorm, block.Attention.KNorm = "self_attn.q_layernorm", "self_attn.k_layernorm"
			block.Attention.NormHeads = true
		}
		d.Block = func(int) decoder.BlockDescription { return block }
		return d
	},
})
