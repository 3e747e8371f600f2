package llama

import "sparsellm/internal/decoder"

// Mixtral has experts, whose weights add up to 1.
var _ = register(family{
	kind: "mixtral", title: "Mixtral", tokenizer: "LlamaTokenizer", tokenizer5: "TokenizersBackend",
	keyHeads: 8, positions: 131072, eps: 1e-5, windows: setWindow, rope: decoder.RopeChoices{Theta: 1e6},
	adapt: func(f *decoder.Config, d *decoder.Description, blocks []decoder.BlockDescription) {
		count := f.Int("num_local_experts", 8, 1, maxExperts)
		for i := range blocks {
			addExperts(f, d, &blocks[i], count, "block_sparse_moe.experts.", "w1", "w3", "w2")
			blocks[i].Experts.Router, blocks[i].Experts.Normalise = "block_sparse_moe.gate.weight", true
		}
	},
})
