package llama

var _ = register(family{
	kind: "mistral", title: "Mistral", tokenizer: "LlamaTokenizer", tokenizer5: "TokenizersBackend",
	keyHeads: 8, positions: 131072, windows: everyWindow,
})
