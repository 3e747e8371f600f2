package llama

import (
	"cmp"
	"math"
	"strings"

	"sparsellm/internal/activation"
	"sparsellm/internal/decoder"
	"sparsellm/internal/llamacpp"
	"sparsellm/model"
)

// family is an architecture of the family: what it is called, and what it
// chooses where others choose otherwise.
type family struct {
	kind, title string // model_type, and as its authors write it
	// tokenizer is the class of transformers', and tokenizer5 that which
	// transformers 5 takes whichever a folder names.
	tokenizer, tokenizer5 string

	needsBOS bool // of models that are nearly lost without it

	blocks string // names of blocks' tensors begin so; empty: "model.layers."

	// keyHeads, headDim, positions and eps are those of a config.json that does
	// not say, as transformers has them; 0 is as many heads as there are, what the
	// width comes to, refused, and 1e-6.
	keyHeads, headDim, positions int
	eps                          float64
	tied                         bool // unless config.json says otherwise
	activation                   activationKey
	// attentionBias, of q, k and v, and networkBias say which linears have
	// biases.
	attentionBias, networkBias bias
	windows                    windows
	headNorms                  headNorms
	rope                       decoder.RopeChoices
	normEps                    string // field of what norms add; empty: rms_norm_eps

	// gguf is how llama.cpp's files have it. Its Config adds to what fileConfig
	// has put.
	gguf decoder.GGUF

	// adapt, if not nil, changes what is described so far, and reads further
	// fields.
	adapt func(f *decoder.Config, d *decoder.Description, blocks []decoder.BlockDescription)
}

// bias says whether linears have biases.
type bias int

const (
	noBias     bias = iota // a config.json that says so is refused
	alwaysBias             // whatever config.json says
	saidBias               // as config.json says, in attention_bias (that of o, too) or mlp_bias
)

// headNorms says what norms queries and keys have.
type headNorms int

const (
	noNorms   headNorms = iota
	eachHead            // of each head
	wholeRows           // of all heads as one
)

var architectures []decoder.Architecture

// Architectures returns those of this package.
func Architectures() []decoder.Architecture { return architectures }

// register adds an architecture.
func register(a family) family {
	files := a.gguf
	files.Config = func(m *llamacpp.Meta, c *llamacpp.Config) {
		a.fileConfig(m, c)
		if a.gguf.Config != nil {
			a.gguf.Config(m, c)
		}
	}
	architectures = append(architectures, decoder.Architecture{
		Type: a.kind, Title: a.title, Tokenizer: a.tokenizer, Tokenizer5: a.tokenizer5, NeedsBOS: a.needsBOS,
		Words: "model.embed_tokens.weight", Head: "lm_head.weight", Blocks: cmp.Or(a.blocks, "model.layers."),
		Describe: func(_ *decoder.Architecture, f *decoder.Config) decoder.Description { return a.describe(f) },
		GGUF:     files,
	})
	return a
}

// describe reads a config.json as the configuration classes of transformers
// 5.24.0 do, with their defaults and their precedence. 4.45.1 knows no
// rope_parameters and no layer_types, takes type before rope_type, has yarn
// stretch max_position_embeddings, and longrope long whatever the sequence.
func (a family) describe(f *decoder.Config) decoder.Description {
	d := decoder.Description{FinalNorm: "model.norm"}
	d.Hidden = f.Size("hidden_size", decoder.MaxWidth)
	d.WordWidth = d.Hidden
	d.Intermediate = f.Size("intermediate_size", decoder.MaxWidth)
	d.Blocks = f.Size("num_hidden_layers", decoder.MaxBlocks)
	d.Heads = f.Size("num_attention_heads", decoder.MaxHeads)
	d.Vocab = f.Size("vocab_size", decoder.MaxVocab)
	d.Tied = f.Bool("tie_word_embeddings", a.tied)
	block := a.block(f)
	d.MaxPositions = f.Int("max_position_embeddings", a.positions, 1, decoder.MaxPositions)
	a.heads(f, &d)
	d.Activation, d.Gated = a.activationOf(f), true
	l := a.layers(f, d.Blocks)
	ropes := decoder.ParseRopes(f, d.HeadDim, d.MaxPositions, l.kinds, a.rope)
	blocks := make([]decoder.BlockDescription, d.Blocks)
	for i := range blocks {
		blocks[i] = block
		blocks[i].Attention.Window = l.of(i)
		blocks[i].Attention.Rope = ropes[l.kinds[i]]
		if r := ropes[l.kinds[i]]; r != nil {
			d.MaxPositions = max(d.MaxPositions, r.Longest())
		}
	}
	l.check(f, d.MaxPositions)
	if a.adapt != nil {
		a.adapt(f, &d, blocks)
	}
	if d.Norms == (decoder.NormKind{}) {
		d.Norms = decoder.NormKind{Eps: a.epsOf(f), Weight: true}
	}
	if !f.Asked("attention_multiplier") {
		f.Neutral("attention_multiplier", 1/math.Sqrt(float64(d.HeadDim)))
	}
	if !f.Asked("query_pre_attn_scalar") {
		f.Neutral("query_pre_attn_scalar", float64(d.HeadDim))
	}
	d.Block = func(i int) decoder.BlockDescription { return blocks[i] }
	return d
}

// activationKey says where the activation of the networks is.
type activationKey int

const (
	hiddenAct        activationKey = iota // in hidden_act, or SiLU
	hiddenActGemma                        // in hidden_act, where gelu is geluTanh, or geluTanh
	hiddenActivation                      // in hidden_activation, or geluTanh; hidden_act is passed over
)

// activationOf reads the networks' activation. One under another name, which
// transformers passes over, must be the same.
func (a family) activationOf(f *decoder.Config) model.Activation {
	own, other := "hidden_act", "hidden_activation"
	if a.activation == hiddenActivation {
		own, other = other, own
	}
	read := func(key string, preset model.Activation) model.Activation {
		name := f.String(key, string(preset))
		if name == "swish" {
			name = string(model.SiLU)
		}
		if _, err := activation.Named(name); err != nil {
			f.Fail("%s is %q; only %s are supported", key, name, strings.Join(activation.Names(), ", "))
		}
		return model.Activation(name)
	}
	if a.activation != hiddenAct && !f.Has(own) {
		return geluTanh
	}
	name := read(own, model.SiLU)
	if a.activation == hiddenActGemma && name == "gelu" { // so Gemma's first configs have it, and mean its approximation
		name = geluTanh
	}
	if a.activation != hiddenActivation && f.Has(other) {
		if o := f.String(other, ""); o != string(name) && o != "swish" {
			f.Fail("%s is %q, which transformers' %s models do not read: they have the %s %q", other, o, a.kind, own, name)
		}
	}
	return name
}

// heads reads how many there are and how wide.
func (a family) heads(f *decoder.Config, d *decoder.Description) {
	d.KVHeads = d.Heads
	if f.Has("num_key_value_heads") || !f.There("num_key_value_heads") {
		d.KVHeads = f.Int("num_key_value_heads", cmp.Or(a.keyHeads, d.Heads), 1, decoder.MaxHeads)
	}
	d.HeadDim = max(1, d.Hidden/d.Heads)
	switch {
	case f.Has("head_dim"):
		d.HeadDim = f.Int("head_dim", d.HeadDim, 1, decoder.MaxWidth/d.Heads)
	case a.headDim > 0 && !f.There("head_dim"):
		d.HeadDim = a.headDim
	case d.Hidden%d.Heads != 0:
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
	b := decoder.BlockDescription{
		Attention: decoder.AttentionDescription{
			Norms: decoder.Norms{Input: "input_layernorm"},
			Q:     decoder.LinearDescription{Name: "self_attn.q_proj", Bias: qkv},
			K:     decoder.LinearDescription{Name: "self_attn.k_proj", Bias: qkv},
			V:     decoder.LinearDescription{Name: "self_attn.v_proj", Bias: qkv},
			O:     decoder.LinearDescription{Name: "self_attn.o_proj", Bias: o},
		},
		Network: decoder.NetworkDescription{
			Norms: decoder.Norms{Input: "post_attention_layernorm"},
			Up:    decoder.LinearDescription{Name: "mlp.up_proj", Bias: network},
			Gate:  decoder.LinearDescription{Name: "mlp.gate_proj", Bias: network},
			Down:  decoder.LinearDescription{Name: "mlp.down_proj", Bias: network},
		},
	}
	if a.headNorms != noNorms {
		b.Attention.QNorm, b.Attention.KNorm = "self_attn.q_norm", "self_attn.k_norm"
		b.Attention.NormHeads = a.headNorms == eachHead
	}
	return b
}

// epsOf reads what the norms add. Under another name transformers takes it for
// missing.
func (a family) epsOf(f *decoder.Config) float64 {
	preset := cmp.Or(a.eps, 1e-6)
	if !f.Has("rms_norm_eps") {
		for _, key := range []string{"norm_eps", "layer_norm_eps", "layer_norm_epsilon", "norm_epsilon", "rms_norm_epsilon"} {
			f.Neutral(key, preset)
		}
	}
	return f.Float("rms_norm_eps", preset, 0)
}
