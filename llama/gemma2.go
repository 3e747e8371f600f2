package llama

import (
	"sparsellm/internal/decoder"
	"sparsellm/internal/llamacpp"
)

// Gemma 2 norms what sublayers read and what they add, caps scores and logits,
// and has a window in every second block.
var _ = register(family{
	kind: "gemma2", title: "Gemma 2", tokenizer: "GemmaTokenizer", needsBOS: gemmaBOS,
	keyHeads: 4, headDim: 256, positions: 8192, activation: hiddenActivation, tied: true, attentionBias: saidBias,
	windows: evenWindows,
	gguf: decoder.GGUF{
		Arch: "gemma2", NoHead: true, Class: "Gemma2ForCausalLM",
		Config: func(m *llamacpp.Meta, c *llamacpp.Config) {
			c.Put("attn_logit_softcapping", m.Number("attn_logit_softcapping", 50))
			c.Put("final_logit_softcapping", m.Number("final_logit_softcapping", 30))
			putGemmaScale(m, c, 46)
			putWindows(m, c, 4096, 2)
		},
		Metadata: func(d *decoder.Description, put llamacpp.Put) { windowMetadata(d, put, 2) },
	},
	adapt: func(f *decoder.Config, d *decoder.Description, blocks []decoder.BlockDescription) {
		adaptGemma(f, d, blocks, 50, 30)
	},
})
