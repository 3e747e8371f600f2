package llama

import (
	"slices"

	"sparsellm/internal/decoder"
	"sparsellm/internal/llamacpp"
)

// Qwen3-MoE is Qwen3 with experts in some blocks or all.
var _ = register(family{
	kind: "qwen3_moe", title: "Qwen3-MoE", tokenizer: "Qwen2Tokenizer",
	keyHeads: 4, positions: 32768, attentionBias: saidBias, windows: askedWindow, headNorms: eachHead,
	gguf: decoder.GGUF{
		Arch: "qwen3moe", Experts: true, Class: "Qwen3MoeForCausalLM",
		Config: func(m *llamacpp.Meta, c *llamacpp.Config) {
			used := putExperts(m, c, "num_experts")
			c.Put("moe_intermediate_size", m.Int("expert_feed_forward_length", max(1, m.Int("feed_forward_length", 0)/max(1, used))))
			c.Put("norm_topk_prob", true)
		},
	},
	adapt: func(f *decoder.Config, d *decoder.Description, blocks []decoder.BlockDescription) {
		key := "num_experts"
		if !f.Has(key) {
			key = "num_local_experts"
		}
		count := f.Int(key, 128, 0, maxExperts)
		width := f.Int("moe_intermediate_size", 768, 1, decoder.MaxWidth)
		step := f.Int("decoder_sparse_step", 1, 1, decoder.MaxBlocks)
		dense := f.Ints("mlp_only_layers")
		for i := range blocks {
			if count == 0 || slices.Contains(dense, i) || (i+1)%step != 0 {
				continue
			}
			addExperts(f, d, &blocks[i], count, "mlp.experts.", "gate_proj", "up_proj", "down_proj")
			e := blocks[i].Experts
			e.Router, e.Normalise = "mlp.gate.weight", f.Bool("norm_topk_prob", false)
			for k := range e.Experts {
				e.Experts[k].Width = width
			}
		}
	},
})
