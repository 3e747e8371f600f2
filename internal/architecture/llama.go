package architecture

func init() {
	register(Architecture{
		Type: "llama", Title: "LLaMA", Family: LLaMA, Tokenizer: "LlamaTokenizer",
		Words: "model.embed_tokens.weight", Head: "lm_head.weight", Blocks: "model.layers.",
		Positions: 2048, AttentionBias: SaidBias, FFNBias: SaidBias, Windows: NoWindows,
	})
}
