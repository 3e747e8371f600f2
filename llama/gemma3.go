package llama

import "sparsellm/internal/decoder"

// Gemma 3 norms queries and keys, too, has a window in five of six blocks, and
// turns by other angles in these.
var _ = register(family{
	kind: "gemma3_text", title: "Gemma 3", tokenizer: "GemmaTokenizer",
	keyHeads: 4, headDim: 256, positions: 131072, activation: hiddenActivation, tied: true, attentionBias: saidBias,
	windows: mostWindows, headNorms: eachHead,
	rope: decoder.RopeChoices{Theta: 1e6, PerKind: true, OfKind: map[string]string{sliding: "rope_local_base_freq"}},
	adapt: func(f *decoder.Config, d *decoder.Description, blocks []decoder.BlockDescription) {
		f.Neutral("attn_logit_softcapping", 0) // which transformers' models have, and do not apply
		adaptGemma(f, d, blocks, 0, 0)
	},
})
