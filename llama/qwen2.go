package llama

import "sparsellm/internal/decoder"

var _ = register(family{
	kind: "qwen2", title: "Qwen2", tokenizer: "Qwen2Tokenizer", tokenizer5: "Qwen2Tokenizer",
	keyHeads: 32, positions: 32768, attentionBias: alwaysBias, windows: laterWindows,
	gguf: decoder.GGUF{Arch: "qwen2", Class: "Qwen2ForCausalLM"},
})
