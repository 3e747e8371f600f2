package llama

import (
	"cmp"
	"slices"

	"sparsellm/internal/decoder"
	"sparsellm/internal/llamacpp"
	"sparsellm/model"
)

// fileConfig puts the fields of config.json that all of the family have, from
// the metadata of a GGUF file.
func (a family) fileConfig(m *llamacpp.Meta, c *llamacpp.Config) {
	switch a.activation {
	case hiddenActivation:
		c.Put("hidden_activation", geluTanh)
	case hiddenActGemma:
		c.Put("hidden_act", geluTanh)
	default:
		c.Put("hidden_act", model.SiLU)
	}
	hidden, heads := m.Int("embedding_length", 0), m.Int("attention.head_count", 0)
	c.Put("hidden_size", hidden)
	c.Put("intermediate_size", m.Int("feed_forward_length", 0))
	c.Put("num_hidden_layers", m.Int("block_count", 0))
	c.Put("num_attention_heads", heads)
	if !m.IsArray("attention.head_count_kv") || a.windows != convolutions {
		c.Put("num_key_value_heads", m.Int("attention.head_count_kv", max(heads, 1)))
	}
	dim := m.HeadDim()
	if a.headDim > 0 || dim*heads != hidden {
		c.Put("head_dim", dim)
	}
	positions := m.Int("context_length", 0)
	c.Put("max_position_embeddings", positions)
	eps := "attention.layer_norm_rms_epsilon"
	if a.normEps == "layer_norm_eps" {
		eps = "attention.layer_norm_epsilon"
	}
	c.Put(cmp.Or(a.normEps, "rms_norm_eps"), m.Number(eps, 1e-5))
	turning := dim
	if a.rope.Partial > 0 {
		turning = m.Int("rope.dimension_count", dim)
		c.Put("partial_rotary_factor", llamacpp.Share(turning, dim))
	}
	c.Rope(m, turning, positions)
	c.Words(m)
	if a.attentionBias == saidBias {
		c.Put("attention_bias", m.InBlocks("attn_q.bias"))
	}
	if a.networkBias == saidBias {
		c.Put("mlp_bias", m.InBlocks("ffn_up.bias"))
	}
}

// putWindow puts how many positions a block with a window sees: preset where the
// file does not say, null for 0.
func putWindow(m *llamacpp.Meta, c *llamacpp.Config, preset int64) (window int64) {
	window = max(preset, 0)
	if m.Has("attention.sliding_window") || preset == 0 {
		window = m.Int("attention.sliding_window", -1)
	}
	if window <= 0 {
		c.Put("sliding_window", nil)
		return 0
	}
	c.Put("sliding_window", window)
	return window
}

// putWindows puts which blocks have a window: as the file says, or all but every
// so many.
func putWindows(m *llamacpp.Meta, c *llamacpp.Config, preset, every int64) {
	const pattern = "attention.sliding_window_pattern"
	window, blocks := putWindow(m, c, preset), m.Int("block_count", 0)
	slides := func(i int64) bool { return i%every < every-1 }
	if m.IsArray(pattern) {
		which := m.Ints(pattern, blocks, 0)
		slides = func(i int64) bool { return which[i] != 0 }
	} else if m.Has(pattern) {
		every = m.Int(pattern, every)
	}
	var kinds []string
	for i := range blocks {
		if m.Err() != nil || i >= decoder.MaxBlocks {
			return // such a config.json is refused
		}
		kinds = append(kinds, full)
		if window > 0 && slides(i) {
			kinds[i] = sliding
		}
	}
	c.Put("layer_types", kinds)
}

// windowMetadata puts which blocks have a window, if they are not all but every
// so many.
func windowMetadata(d *decoder.Description, put llamacpp.Put, every int) {
	window := 0
	var slides, usual []bool
	for i := range d.Blocks {
		w := d.Block(i).Attention.Window
		window = max(window, w)
		slides, usual = append(slides, w > 0), append(usual, i%every < every-1)
	}
	put("attention.sliding_window", window)
	if window > 0 && !slices.Equal(slides, usual) {
		put("attention.sliding_window_pattern", slides)
	}
}

// putGemmaScale puts what scores are divided by the root of: the width of a
// head, or, of the largest Gemmas, which llama.cpp knows by their number of
// blocks, the share of a head in the model's.
func putGemmaScale(m *llamacpp.Meta, c *llamacpp.Config, largest int64) {
	of := m.HeadDim()
	if heads := m.Int("attention.head_count", 0); m.Int("block_count", 0) == largest && heads > 0 {
		of = m.Int("embedding_length", 0) / heads
	}
	c.Put("query_pre_attn_scalar", of)
}
