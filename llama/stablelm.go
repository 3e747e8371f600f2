package llama

import (
	"sparsellm/internal/decoder"
	"sparsellm/internal/llamacpp"
)

// StableLM has LayerNorms, turns a part of each head, may norm each head of the
// queries and keys by a norm of its own, and may run its sublayers side by side,
// on one norm.
var _ = register(family{
	kind: "stablelm", title: "StableLM", tokenizer: "GPTNeoXTokenizer", tokenizer5: "TokenizersBackend",
	positions: 4096, rope: decoder.RopeChoices{Partial: 0.25},
	normEps: "layer_norm_eps",
	gguf: decoder.GGUF{
		Arch: "stablelm", OwnHead: true, Class: "StableLmForCausalLM",
		Config: func(m *llamacpp.Meta, c *llamacpp.Config) {
			c.Put("use_qkv_bias", m.InBlocks("attn_q.bias"))
			m.Has("use_parallel_residual") // which llama.cpp does not read: a norm that is missing says it
			c.Put("qk_layernorm", m.InBlocks("attn_q_norm.weight"))
			c.Put("use_parallel_residual", !m.InBlocks("ffn_norm.weight"))
		},
		Metadata: func(d *decoder.Description, put llamacpp.Put) { put("use_parallel_residual", d.Block(0).Parallel) },
	},
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
