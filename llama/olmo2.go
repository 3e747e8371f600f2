package llama

import "sparsellm/internal/decoder"

// OLMo 2 norms all queries as one, and all keys, and what its sublayers add
// rather than what they read.
var _ = register(family{
	kind: "olmo2", title: "OLMo 2", tokenizer: "GPTNeoXTokenizer", tokenizer5: "TokenizersBackend",
	positions: 2048, eps: 1e-5, attentionBias: saidBias, headNorms: wholeRows,
	gguf: decoder.GGUF{Arch: "olmo2", OwnHead: true, Class: "Olmo2ForCausalLM"},
	adapt: func(_ *decoder.Config, _ *decoder.Description, blocks []decoder.BlockDescription) {
		for i := range blocks {
			blocks[i].Attention.Norms = decoder.Norms{Output: "post_attention_layernorm"}
			blocks[i].Network.Norms = decoder.Norms{Output: "post_feedforward_layernorm"}
		}
	},
})
