package architecture

func init() {
	register(Architecture{
		Type: "opt", Title: "OPT", Family: OPT, Tokenizer: "GPT2Tokenizer",
		Words: "model.decoder.embed_tokens.weight", Head: "lm_head.weight", Blocks: "model.decoder.layers.",
	})
}
