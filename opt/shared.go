package opt

import (
	"strings"

	"sparsellm/internal/activation"
	"sparsellm/internal/decoder"
	"sparsellm/internal/llamacpp"
	"sparsellm/model"
)

// shape reads sizes that all of these architectures have, from fields that each
// calls otherwise. They have as many keys as heads.
func shape(f *decoder.Config, d *decoder.Description, hidden, blocks, heads string) {
	d.Hidden = f.Size(hidden, decoder.MaxWidth)
	d.WordWidth = d.Hidden
	d.Blocks = f.Size(blocks, decoder.MaxBlocks)
	d.Heads = f.Size(heads, decoder.MaxHeads)
	d.KVHeads = d.Heads
	d.HeadDim = max(1, d.Hidden/d.Heads)
	d.Vocab = f.Size("vocab_size", decoder.MaxVocab)
	if d.Hidden%d.Heads != 0 {
		f.Fail("%s is %d, not a multiple of the %d of %s", hidden, d.Hidden, d.Heads, heads)
	}
}

// fileShape puts the sizes that shape reads, from the metadata of a GGUF file.
func fileShape(m *llamacpp.Meta, c *llamacpp.Config, hidden, blocks, heads string) {
	c.Put(hidden, m.Int("embedding_length", 0))
	c.Put(blocks, m.Int("block_count", 0))
	c.Put(heads, m.Int("attention.head_count", 0))
}

// ungrouped fails where a GGUF file has fewer keys than queries, as none of its
// architecture may.
func ungrouped(m *llamacpp.Meta) {
	if n := m.Int("attention.head_count", 0); m.Int("attention.head_count_kv", max(n, 1)) != n {
		m.Fail("has fewer keys than queries (attention.head_count_kv), as no %s model of transformers has", m.Arch())
	}
}

// activationOf reads the activation of the networks.
func activationOf(f *decoder.Config, key, preset string) model.Activation {
	name := f.String(key, preset)
	if name == "swish" {
		name = string(model.SiLU)
	}
	if _, err := activation.Named(name); err != nil {
		f.Fail("%s is %q; only %s are supported", key, name, strings.Join(activation.Names(), ", "))
	}
	return model.Activation(name)
}

// layerNorm reads what LayerNorms with weights and biases add to the variance.
func layerNorm(f *decoder.Config, key string) decoder.NormKind {
	return decoder.NormKind{Mean: true, Eps: f.Float(key, 1e-5, 0), Weight: true, Bias: true}
}

// fusedBlock is a block in Megatron's names, whose queries, keys and values come
// of one matrix, head by head.
func fusedBlock(attention string, bias bool) decoder.BlockDescription {
	return decoder.BlockDescription{
		Attention: decoder.AttentionDescription{
			Norms: decoder.Norms{Input: "input_layernorm"},
			QKV:   decoder.LinearDescription{Name: attention + ".query_key_value", Bias: bias},
			O:     decoder.LinearDescription{Name: attention + ".dense", Bias: bias},
		},
		Network: decoder.NetworkDescription{
			Norms: decoder.Norms{Input: "post_attention_layernorm"},
			Up:    decoder.LinearDescription{Name: "mlp.dense_h_to_4h", Bias: true},
			Down:  decoder.LinearDescription{Name: "mlp.dense_4h_to_h", Bias: true},
		},
	}
}
