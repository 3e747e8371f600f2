package llama

import (
	"sparsellm/internal/decoder"
	"sparsellm/internal/llamacpp"
)

// LFM2 has gated short convolutions in most blocks in place of attention.
var _ = register(family{
	kind: "lfm2", title: "LFM2", tokenizer: "PreTrainedTokenizerFast",
	keyHeads: 8, positions: 128000, tied: true, windows: convolutions, headNorms: eachHead, rope: decoder.RopeChoices{Theta: 1e6},
	normEps: "norm_eps",
	gguf: decoder.GGUF{
		Arch: "lfm2", Class: "Lfm2ForCausalLM", FinalNorm: "token_embd_norm",
		Config: func(m *llamacpp.Meta, c *llamacpp.Config) {
			var kinds []string
			heads := int64(1)
			for _, n := range m.Ints("attention.head_count_kv", m.Int("block_count", 0), 0) { // none where a block convolves
				kind := convolution
				if n > 0 {
					kind, heads = full, n
				}
				kinds = append(kinds, kind)
			}
			c.Put("num_key_value_heads", heads)
			c.Put("layer_types", kinds)
			c.Put("conv_L_cache", m.Int("shortconv.l_cache", 0))
			c.Put("conv_bias", false)
			c.Put("block_auto_adjust_ff_dim", false)
		},
		Metadata: func(d *decoder.Description, put llamacpp.Put) {
			var heads []int
			length := 0
			for i := range d.Blocks {
				n := d.KVHeads
				if b := d.Block(i); b.Convolution != nil {
					n, length = 0, b.Convolution.Length
				}
				heads = append(heads, n)
			}
			put("attention.head_count_kv", heads)
			put("shortconv.l_cache", length)
		},
	},
	adapt: func(f *decoder.Config, d *decoder.Description, blocks []decoder.BlockDescription) {
		d.Norms = decoder.NormKind{Eps: f.Float("norm_eps", 1e-5, 0), Weight: true}
		d.FinalNorm = "model.embedding_norm"
		d.Intermediate = lfm2Width(f, d.Intermediate)
		bias := f.Bool("conv_bias", false)
		length := f.Int("conv_L_cache", 3, 1, decoder.MaxPositions)
		kinds := f.Strings("layer_types")
		attends := map[int]bool{}
		for _, i := range f.Ints("full_attn_idxs") {
			attends[i] = true
		}
		for i := range blocks {
			b := &blocks[i]
			b.Network = decoder.NetworkDescription{
				Norms: decoder.Norms{Input: "ffn_norm"},
				Gate:  decoder.LinearDescription{Name: "feed_forward.w1"},
				Up:    decoder.LinearDescription{Name: "feed_forward.w3"},
				Down:  decoder.LinearDescription{Name: "feed_forward.w2"},
			}
			norms := decoder.Norms{Input: "operator_norm"}
			if i < len(kinds) && kinds[i] == "conv" || kinds == nil && f.Has("full_attn_idxs") && !attends[i] {
				b.Convolution = &decoder.ConvolutionDescription{
					Norms: norms, Filter: "conv.conv", Bias: bias, Length: length,
					In:  decoder.LinearDescription{Name: "conv.in_proj", Bias: bias},
					Out: decoder.LinearDescription{Name: "conv.out_proj", Bias: bias},
				}
				continue
			}
			a := &b.Attention
			a.Norms, a.O.Name = norms, "self_attn.out_proj"
			a.QNorm, a.KNorm = "self_attn.q_layernorm", "self_attn.k_layernorm"
		}
	},
})

// lfm2Width returns the width of the networks, which may not be what the config
// gives.
func lfm2Width(f *decoder.Config, width int) int {
	width = f.Int("block_ff_dim", width, 1, decoder.MaxWidth)
	if !f.Bool("block_auto_adjust_ff_dim", true) {
		return width
	}
	width = 2 * width / 3
	if f.Has("block_ffn_dim_multiplier") || !f.There("block_ffn_dim_multiplier") {
		width = int(f.Float("block_ffn_dim_multiplier", 1, 0) * float64(width))
		of := f.Int("block_multiple_of", 256, 1, decoder.MaxWidth)
		width = (width + of - 1) / of * of
	}
	return min(max(width, 1), decoder.MaxWidth)
}
