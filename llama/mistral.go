package llama

import "sparsellm/internal/decoder"

var _ = register(family{
	kind: "mistral", title: "Mistral", tokenizer: "LlamaTokenizer", tokenizer5: "TokenizersBackend",
	keyHeads: 8, positions: 131072, windows: everyWindow,
	gguf: decoder.GGUF{Arch: "llama", Twin: true, Interleaved: true},
})
