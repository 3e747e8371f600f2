package llama

import "sparsellm/internal/decoder"

// Qwen3 norms each query and key.
var _ = register(family{
	kind: "qwen3", title: "Qwen3", tokenizer: "Qwen2Tokenizer",
	keyHeads: 32, headDim: 128, positions: 32768, attentionBias: saidBias, windows: laterWindows, headNorms: eachHead,
	gguf: decoder.GGUF{Arch: "qwen3", Class: "Qwen3ForCausalLM"},
})
