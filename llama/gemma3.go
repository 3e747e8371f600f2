package llama

import (
	"sparsellm/internal/decoder"
	"sparsellm/internal/llamacpp"
)

// Gemma 3 norms queries and keys, too, has a window in five of six blocks, and
// turns by other angles in these.
var _ = register(family{
	kind: "gemma3_text", title: "Gemma 3", tokenizer: "GemmaTokenizer", needsBOS: gemmaBOS,
	keyHeads: 4, headDim: 256, positions: 131072, activation: hiddenActivation, tied: true, attentionBias: saidBias,
	windows: mostWindows, headNorms: eachHead,
	rope: decoder.RopeChoices{Theta: 1e6, PerKind: true, OfKind: map[string]string{sliding: "rope_local_base_freq"}},
	gguf: decoder.GGUF{
		Arch: "gemma3", Class: "Gemma3ForCausalLM",
		Config: func(m *llamacpp.Meta, c *llamacpp.Config) {
			c.Put("attn_logit_softcapping", nil)
			c.Put("final_logit_softcapping", nil)
			c.PutNumber("final_logit_softcapping", m.Scale("final_logit_softcapping"))
			putGemmaScale(m, c, 62)
			c.Put("rope_local_base_freq", m.Number("rope.freq_base_swa", 10000))
			putWindows(m, c, 0, 6)
		},
		Metadata: func(d *decoder.Description, put llamacpp.Put) {
			windowMetadata(d, put, 6)
			for i := range d.Blocks {
				if a := d.Block(i).Attention; a.Window > 0 {
					put("rope.freq_base_swa", float32(a.Rope.Theta()))
				}
			}
		},
	},
	adapt: func(f *decoder.Config, d *decoder.Description, blocks []decoder.BlockDescription) {
		f.Neutral("attn_logit_softcapping", 0) // which transformers' models have, and do not apply
		adaptGemma(f, d, blocks, 0, 0)
	},
})
