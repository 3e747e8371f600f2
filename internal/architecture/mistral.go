package architecture

func init() {
	register(Architecture{
		Type: "mistral", Title: "Mistral", Family: LLaMA, Tokenizer: "LlamaTokenizer",
		Words: "model.embed_tokens.weight", Head: "lm_head.weight", Blocks: "model.layers.",
		KVHeads: 8, Positions: 131072, AttentionBias: NoBias, FFNBias: NoBias, Windows: EveryWindow,
	})
}
