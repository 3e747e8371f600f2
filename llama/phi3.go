package llama

import (
	"sparsellm/internal/decoder"
	"sparsellm/internal/llamacpp"
)

// Phi-3 and Phi-4-mini keep q, k and v in one tensor, and gate and up in another.
// A part of a head may turn.
var _ = register(family{
	kind: "phi3", title: "Phi-3", tokenizer: "LlamaTokenizer", tokenizer5: "TokenizersBackend",
	positions: 4096, eps: 1e-5, windows: setWindow,
	rope: decoder.RopeChoices{Partial: 1, Types: map[string]string{"su": "longrope"}},
	gguf: decoder.GGUF{
		Arch: "phi3", Class: "Phi3ForCausalLM",
		Config: func(m *llamacpp.Meta, c *llamacpp.Config) {
			putWindow(m, c, 0)
			if original := m.Int("rope.scaling.original_context_length", -1); original > 0 {
				c.Put("original_max_position_embeddings", original)
			}
		},
		Metadata: func(d *decoder.Description, put llamacpp.Put) {
			put("attention.sliding_window", d.Block(0).Attention.Window)
		},
	},
	adapt: func(_ *decoder.Config, d *decoder.Description, blocks []decoder.BlockDescription) {
		query, key := d.Heads*d.HeadDim, d.KVHeads*d.HeadDim
		part := func(tensor, name string, first, of int) decoder.LinearDescription {
			return decoder.LinearDescription{Name: tensor + "." + name, Tensor: tensor, First: first, Of: of}
		}
		for i := range blocks {
			a, n := &blocks[i].Attention, &blocks[i].Network
			a.Q = part("self_attn.qkv_proj", "q", 0, query+2*key)
			a.K = part("self_attn.qkv_proj", "k", query, query+2*key)
			a.V = part("self_attn.qkv_proj", "v", query+key, query+2*key)
			n.Gate = part("mlp.gate_up_proj", "gate", 0, 2*d.Intermediate)
			n.Up = part("mlp.gate_up_proj", "up", d.Intermediate, 2*d.Intermediate)
		}
	},
})
