package llama

import "sparsellm/internal/decoder"

var _ = register(family{
	kind: "llama", title: "LLaMA", tokenizer: "LlamaTokenizer",
	positions: 2048, attentionBias: saidBias, networkBias: saidBias,
	gguf: decoder.GGUF{Arch: "llama", Class: "LlamaForCausalLM", Interleaved: true, Biases: true},
})
