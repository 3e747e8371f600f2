package llama

import "sparsellm/internal/decoder"

// Gemma 2 norms what sublayers read and what they add, caps scores and logits,
// and has a window in every second block.
var _ = register(family{
	kind: "gemma2", title: "Gemma 2", tokenizer: "GemmaTokenizer",
	keyHeads: 4, headDim: 256, positions: 8192, activation: hiddenActivation, tied: true, attentionBias: saidBias,
	windows: evenWindows,
	adapt: func(f *decoder.Config, d *decoder.Description, blocks []decoder.BlockDescription) {
		adaptGemma(f, d, blocks, 50, 30)
	},
})
