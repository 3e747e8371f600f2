package llama

var _ = register(family{
	kind: "llama", title: "LLaMA", tokenizer: "LlamaTokenizer",
	positions: 2048, attentionBias: saidBias, networkBias: saidBias,
})
