package llama

var _ = register(family{
	kind: "mistral", title: "Mistral", tokenizer: "LlamaTokenizer",
	keyHeads: 8, positions: 131072, windows: everyWindow,
})
