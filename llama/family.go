package llama

import (
	"cmp"
	"math"

	"sparsellm/internal/decoder"
	"sparsellm/model"
)

// family is an architecture of the family: what it is called, and what it
// chooses where others choose otherwise.
type family struct {
	kind, title string // model_type, and as its authors write it
	tokenizer   string // the class of transformers'

	// keyHeads and positions are those of a config.json that does not say, as
	// transformers has them; 0 is as many as heads, or refused.
	keyHeads, positions int
	// attentionBias, of q, k and v, and networkBias say which linears have
	// biases.
	attentionBias, networkBias bias
	windows                    windows
}

// bias says whether linears have biases.
type bias int

const (
	noBias     bias = iota // a config.json that says so is refused
	alwaysBias             // whatever config.json says
	saidBias               // as config.json says, in attention_bias (that of o, too) or mlp_bias
)

// windows says which blocks see no more than so many of the last positions.
type windows int

const (
	noWindows    windows = iota
	everyWindow          // every block, unless sliding_window is null
	laterWindows         // those from max_window_layers on, if use_sliding_window says so, or that layer_types names
)

var architectures []decoder.Architecture

// Architectures returns those of this package.
func Architectures() []decoder.Architecture { return architectures }

// register adds an architecture.
func register(a family) family {
	architectures = append(architectures, decoder.Architecture{
		Type: a.kind, Title: a.title, Tokenizer: a.tokenizer,
		Words: "model.embed_tokens.weight", Head: "lm_head.weight", Blocks: "model.layers.",
		Describe: func(_ *decoder.Architecture, f *decoder.Config) decoder.Description { return a.describe(f) },
	})
	return a
}

// describe reads a config.json as the configuration classes of transformers
// 5.24.0 do, with their defaults and their precedence. 4.45.1 knows no
// rope_parameters and no layer_types, takes type before rope_type, has yarn
// stretch max_position_embeddings, and longrope long whatever the sequence.
func (a family) describe(f *decoder.Config) decoder.Description {
	d := decoder.Description{FinalNorm: "model.norm"}
	d.Activation, d.Gated = model.SiLU, true
	d.Hidden = f.Size("hidden_size", decoder.MaxWidth)
	d.WordWidth = d.Hidden
	d.Intermediate = f.Size("intermediate_size", decoder.MaxWidth)
	d.Blocks = f.Size("num_hidden_layers", decoder.MaxBlocks)
	d.Heads = f.Size("num_attention_heads", decoder.MaxHeads)
	d.Vocab = f.Size("vocab_size", decoder.MaxVocab)
	d.Tied = f.Bool("tie_word_embeddings", false)
	block := a.block(f)
	d.MaxPositions = f.Int("max_position_embeddings", a.positions, 1, decoder.MaxPositions)
	a.heads(f, &d)
	d.Norms = decoder.NormKind{Eps: eps(f), Weight: true}
	for _, key := range []string{"hidden_act", "hidden_activation"} {
		if a := f.String(key, "silu"); a != string(model.SiLU) && a != "swish" {
			f.Fail("%s is %q; only \"silu\" is supported", key, a)
		}
	}
	l := a.layers(f, d.Blocks)
	d.Rope = decoder.ParseRope(f, d.HeadDim, d.MaxPositions, l.kinds)
	d.MaxPositions = d.Rope.Longest()
	l.check(f, d.MaxPositions)
	d.Block = func(i int) decoder.BlockDescription {
		b := block
		b.Attention.Window = l.of(i)
		return b
	}
	return d
}

// heads reads how many there are and how wide.
func (a family) heads(f *decoder.Config, d *decoder.Description) {
	d.KVHeads = d.Heads
	if f.Has("num_key_value_heads") || !f.There("num_key_value_heads") {
		d.KVHeads = f.Int("num_key_value_heads", cmp.Or(a.keyHeads, d.Heads), 1, decoder.MaxHeads)
	}
	d.HeadDim = max(1, d.Hidden/d.Heads)
	if f.Has("head_dim") {
		d.HeadDim = f.Int("head_dim", d.HeadDim, 1, decoder.MaxWidth/d.Heads)
	} else if d.Hidden%d.Heads != 0 {
		f.Fail("hidden_size is %d, not a multiple of the %d of num_attention_heads", d.Hidden, d.Heads)
	}
	if d.HeadDim%2 != 0 {
		f.Fail("heads are %d wide; rotary positions need an even number", d.HeadDim)
	}
	if d.Heads%d.KVHeads != 0 {
		of := "num_key_value_heads"
		if !f.Has(of) {
			of += ", which is missing and then means that"
		}
		f.Fail("num_attention_heads is %d, not a multiple of the %d of %s", d.Heads, d.KVHeads, of)
	}
	f.Neutral("attention_multiplier", 1/math.Sqrt(float64(d.HeadDim)))
	f.Neutral("query_pre_attn_scalar", float64(d.HeadDim))
}

// block returns a block's matrices and norms, having read which have biases.
func (a family) block(f *decoder.Config) decoder.BlockDescription {
	var qkv, o, network bool
	switch a.attentionBias {
	case noBias:
		f.Neutral("qkv_bias", 0)
		f.Neutral("attention_bias", 0)
	case alwaysBias:
		qkv = true
	case saidBias:
		f.Neutral("qkv_bias", 0)
		qkv = f.Bool("attention_bias", false)
		o = qkv
	}
	switch a.networkBias {
	case noBias:
		f.Neutral("mlp_bias", 0)
	case alwaysBias:
		network = true
	case saidBias:
		network = f.Bool("mlp_bias", false)
	}
	return decoder.BlockDescription{
		Attention: decoder.AttentionDescription{
			Norm: "input_layernorm",
			Q:    decoder.LinearDescription{Name: "self_attn.q_proj", Bias: qkv},
			K:    decoder.LinearDescription{Name: "self_attn.k_proj", Bias: qkv},
			V:    decoder.LinearDescription{Name: "self_attn.v_proj", Bias: qkv},
			O:    decoder.LinearDescription{Name: "self_attn.o_proj", Bias: o},
		},
		Network: decoder.NetworkDescription{
			Norm: "post_attention_layernorm",
			Up:   decoder.LinearDescription{Name: "mlp.up_proj", Bias: network},
			Gate: decoder.LinearDescription{Name: "mlp.gate_proj", Bias: network},
			Down: decoder.LinearDescription{Name: "mlp.down_proj", Bias: network},
		},
	}
}

// eps reads what the norms add. Under another name transformers takes it for
// missing.
func eps(f *decoder.Config) float64 {
	const preset = 1e-6
	if !f.Has("rms_norm_eps") {
		for _, key := range []string{"norm_eps", "layer_norm_eps", "layer_norm_epsilon", "norm_epsilon", "rms_norm_epsilon"} {
			f.Neutral(key, preset)
		}
	}
	return f.Float("rms_norm_eps", preset, 0)
}
