package llama

import (
	"sparsellm/internal/decoder"
	"sparsellm/internal/llamacpp"
)

// Mixtral has experts, whose weights add up to 1.
var _ = register(family{
	kind: "mixtral", title: "Mixtral", tokenizer: "LlamaTokenizer", tokenizer5: "TokenizersBackend",
	keyHeads: 8, positions: 131072, eps: 1e-5, windows: setWindow, rope: decoder.RopeChoices{Theta: 1e6},
	gguf: decoder.GGUF{
		Arch: "llama", Experts: true, Class: "MixtralForCausalLM", Interleaved: true,
		Config: func(m *llamacpp.Meta, c *llamacpp.Config) {
			putExperts(m, c, "num_local_experts")
			c.Put("sliding_window", nil)
		},
	},
	adapt: func(f *decoder.Config, d *decoder.Description, blocks []decoder.BlockDescription) {
		count := f.Int("num_local_experts", 8, 1, maxExperts)
		for i := range blocks {
			addExperts(f, d, &blocks[i], count, "block_sparse_moe.experts.", "w1", "w3", "w2")
			blocks[i].Experts.Router, blocks[i].Experts.Normalise = "block_sparse_moe.gate.weight", true
		}
	},
})
