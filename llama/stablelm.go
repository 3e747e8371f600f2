package llama

import "sparsellm/internal/decoder"

// StableLM has LayerNorms, turns a part of each head, may norm each head of the
// queries and keys by a norm of its own, and may run its sublayers side by side,
// on one norm.
var _ = register(family{
	kind: "stablelm", title: "StableLM", tokenizer: "GPTNeoXTokenizer", tokenizer5: "TokenizersBackend",
	positions: 4096, rope: decoder.RopeChoices{Partial: 0.25},
	adapt: func(f *decoder.Config, d *decoder.Description, blocks []decoder.BlockDescription) {
		d.Norms = decoder.NormKind{Mean: true, Eps: f.Float("layer_norm_eps", 1e-5, 0), Weight: true, Bias: true}
		bias, parallel := f.Bool("use_qkv_bias", false), f.Bool("use_parallel_residual", false)
		norms := f.Bool("qk_layernorm", false)
		for i := range blocks {
			a := &blocks[i].Attention
			a.Q.Bias, a.K.Bias, a.V.Bias = bias, bias, bias
			if norms {
				a.QNorm, a.KNorm, a.OwnNorms = "self_attn.q_layernorm.norms", "self_attn.k_layernorm.norms", true
			}
			if parallel {
				blocks[i].Parallel = true
				blocks[i].Network.Norms = a.Norms
			}
		}
	},
})
