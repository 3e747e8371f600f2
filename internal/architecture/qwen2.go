package architecture

func init() {
	register(Architecture{
		Type: "qwen2", Title: "Qwen2", Family: LLaMA, Tokenizer: "Qwen2Tokenizer",
		Words: "model.embed_tokens.weight", Head: "lm_head.weight", Blocks: "model.layers.",
		KVHeads: 32, Positions: 32768, AttentionBias: AlwaysBias, FFNBias: NoBias, Windows: LaterWindows,
	})
}
