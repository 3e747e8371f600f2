package llama

import (
	"sparsellm/internal/decoder"
	"sparsellm/internal/llamacpp"
)

// OLMoE norms all queries as one, and all keys, and has experts.
var _ = register(family{
	kind: "olmoe", title: "OLMoE", tokenizer: "GPTNeoXTokenizer",
	positions: 4096, eps: 1e-5, attentionBias: saidBias, headNorms: wholeRows,
	gguf: decoder.GGUF{
		Arch: "olmoe", OwnHead: true, Experts: true, Class: "OlmoeForCausalLM",
		Config: func(m *llamacpp.Meta, c *llamacpp.Config) {
			putExperts(m, c, "num_experts")
			c.Put("norm_topk_prob", false)
			c.PutNumber("clip_qkv", m.Scale("attention.clamp_kqv"))
		},
	},
	adapt: func(f *decoder.Config, d *decoder.Description, blocks []decoder.BlockDescription) {
		count := f.Int("num_experts", 64, 1, maxExperts)
		clip := 0.0
		if f.Has("clip_qkv") {
			clip = f.Float("clip_qkv", 0, 0)
		}
		for i := range blocks {
			addExperts(f, d, &blocks[i], count, "mlp.experts.", "gate_proj", "up_proj", "down_proj")
			blocks[i].Experts.Router, blocks[i].Experts.Normalise = "mlp.gate.weight", f.Bool("norm_topk_prob", false)
			blocks[i].Attention.Clip = clip
		}
	},
})
