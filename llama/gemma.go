package llama

import (
	"math"

	"sparsellm/internal/decoder"
	"sparsellm/model"
)

// geluTanh is the activation of all Gemmas.
const geluTanh model.Activation = "gelu_pytorch_tanh"

// gemmaBOS says that Gemmas need their BOS token: of Gemma 3 270M (Q4_K_M) the
// perplexity on WikiText-2 is 98.8 without it before each window of 512 tokens, and
// 35.8 with it.
const gemmaBOS = true

// Gemma has gates of GELU, norms to whose weights 1 is added, and embeddings that
// are multiplied by the root of their width.
var _ = register(family{
	kind: "gemma", title: "Gemma", tokenizer: "GemmaTokenizer", needsBOS: gemmaBOS,
	keyHeads: 16, headDim: 256, positions: 8192, activation: hiddenActGemma, tied: true, attentionBias: saidBias,
	gguf:  decoder.GGUF{Arch: "gemma", NoHead: true, Class: "GemmaForCausalLM"},
	adapt: func(f *decoder.Config, d *decoder.Description, _ []decoder.BlockDescription) { gemmaNorms(f, d) },
})

func gemmaNorms(f *decoder.Config, d *decoder.Description) {
	d.Norms = decoder.NormKind{Eps: f.Float("rms_norm_eps", 1e-6, 0), Weight: true, PlusOne: true}
	d.EmbeddingScale = math.Sqrt(float64(d.Hidden))
}

// adaptGemma is what Gemma 2 and 3 share; scores and logits are the caps of a
// config.json that does not say.
func adaptGemma(f *decoder.Config, d *decoder.Description, blocks []decoder.BlockDescription, scores, logits float64) {
	gemmaNorms(f, d)
	limit := func(key string, preset float64) float64 {
		switch {
		case !f.There(key):
			return preset
		case !f.Has(key):
			return 0
		}
		return f.Float(key, preset, 0)
	}
	f.Neutral("use_bidirectional_attention", 0)
	d.LogitCap = limit("final_logit_softcapping", logits)
	scores = limit("attn_logit_softcapping", scores)
	scale := 1 / math.Sqrt(f.Float("query_pre_attn_scalar", 256, 1e-6))
	for i := range blocks {
		b := &blocks[i]
		b.Attention.Norms.Output = "post_attention_layernorm"
		b.Network.Norms = decoder.Norms{Input: "pre_feedforward_layernorm", Output: "post_feedforward_layernorm"}
		b.Attention.Cap, b.Attention.Scale = scores, scale
	}
}
