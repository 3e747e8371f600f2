package opt

import (
	"math"

	"sparsellm/internal/decoder"
	"sparsellm/internal/llamacpp"
)

// GPT-2 keeps its matrices in × out, and q, k and v in one.
var _ = register(decoder.Architecture{
	Type: "gpt2", Title: "GPT-2", Tokenizer: "GPT2Tokenizer",
	Words: "transformer.wte.weight", Head: "lm_head.weight", Blocks: "transformer.h.",
	GGUF: decoder.GGUF{
		Arch: "gpt2", Biases: true, Class: "GPT2LMHeadModel",
		Config: func(m *llamacpp.Meta, c *llamacpp.Config) {
			c.Put("activation_function", "gelu_new")
			fileShape(m, c, "n_embd", "n_layer", "n_head")
			ungrouped(m)
			c.Put("n_inner", m.Int("feed_forward_length", 0))
			c.Put("n_positions", m.Int("context_length", 0))
			c.Put("layer_norm_epsilon", m.Number("attention.layer_norm_epsilon", 1e-5))
			c.Words(m)
		},
	},
	Describe: func(_ *decoder.Architecture, f *decoder.Config) decoder.Description {
		d := decoder.Description{Positions: "transformer.wpe.weight", FinalNorm: "transformer.ln_f"}
		shape(f, &d, "n_embd", "n_layer", "n_head")
		d.MaxPositions = f.Size("n_positions", decoder.MaxPositions)
		d.Intermediate = 4 * d.Hidden
		if f.Has("n_inner") {
			d.Intermediate = f.Size("n_inner", decoder.MaxWidth)
		}
		d.Tied = f.Bool("tie_word_embeddings", true)
		d.Activation = activationOf(f, "activation_function", "gelu_new")
		d.Norms = layerNorm(f, "layer_norm_epsilon")
		scale := 1.0
		if f.Bool("scale_attn_weights", true) {
			scale = 1 / math.Sqrt(float64(d.HeadDim))
		}
		byBlock := f.Bool("scale_attn_by_inverse_layer_idx", false)
		linear := func(name string) decoder.LinearDescription {
			return decoder.LinearDescription{Name: name, Bias: true, Transposed: true}
		}
		part := func(name string, first int) decoder.LinearDescription {
			l := linear("attn.c_attn." + name)
			l.Tensor, l.First, l.Of = "attn.c_attn", first*d.Hidden, 3*d.Hidden
			return l
		}
		d.Block = func(i int) decoder.BlockDescription {
			b := decoder.BlockDescription{
				Attention: decoder.AttentionDescription{
					Norms: decoder.Norms{Input: "ln_1"}, Scale: scale,
					Q: part("q", 0), K: part("k", 1), V: part("v", 2), O: linear("attn.c_proj"),
				},
				Network: decoder.NetworkDescription{Norms: decoder.Norms{Input: "ln_2"}, Up: linear("mlp.c_fc"), Down: linear("mlp.c_proj")},
			}
			if byBlock {
				b.Attention.Scale /= float64(i + 1)
			}
			return b
		}
		return d
	},
})
