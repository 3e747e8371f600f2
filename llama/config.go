package llama

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"sparsellm/internal/architecture"
	"sparsellm/internal/decoder"
	"sparsellm/model"
)

// config is model.Config with what only this family has.
type config struct {
	model.Config
	kind           architecture.Architecture
	eps            float64 // of the norms
	qkvBias, oBias bool
	ffnBias        bool
	layers         layers
	rope           rope
}

// Config reads a config.json with a model_type of the LLaMA family.
func Config(text []byte) (model.Config, error) {
	c, err := parse(text)
	return c.Config, err
}

// parse reads a config.json as the configuration classes of transformers
// 5.24.0 do, with their defaults and their precedence. 4.45.1 knows no
// rope_parameters and no layer_types, takes type before rope_type, has yarn
// stretch max_position_embeddings, and longrope long whatever the sequence.
func parse(text []byte) (config, error) {
	f, err := decoder.ParseConfig(text)
	if err != nil {
		return config{}, fmt.Errorf("llama: %w", err)
	}
	var c config
	c.Arch = f.String("model_type", string(architecture.LLaMA))
	c.Activation, c.Gated = model.SiLU, true
	f.RefuseForeign()
	c.Hidden = f.Size("hidden_size", decoder.MaxWidth)
	c.Intermediate = f.Size("intermediate_size", decoder.MaxWidth)
	c.Blocks = f.Size("num_hidden_layers", decoder.MaxBlocks)
	c.Heads = f.Size("num_attention_heads", decoder.MaxHeads)
	c.Vocab = f.Size("vocab_size", decoder.MaxVocab)
	c.Tied = f.Bool("tie_word_embeddings", false)
	var known bool
	c.kind, known = architecture.Named(c.Arch)
	if !known || c.kind.Family != architecture.LLaMA {
		f.Fail("model_type is %q, which is none of %s", c.Arch, strings.Join(architecture.Types(architecture.LLaMA), ", "))
	}
	c.parseBiases(f)
	c.MaxPositions = f.Int("max_position_embeddings", c.kind.Positions, 1, decoder.MaxPositions)
	c.KVHeads = c.Heads
	if f.Has("num_key_value_heads") || !f.There("num_key_value_heads") {
		c.KVHeads = f.Int("num_key_value_heads", cmp.Or(c.kind.KVHeads, c.Heads), 1, decoder.MaxHeads)
	}
	c.HeadDim = max(1, c.Hidden/c.Heads)
	if f.Has("head_dim") {
		c.HeadDim = f.Int("head_dim", c.HeadDim, 1, decoder.MaxWidth/c.Heads)
	} else if c.Hidden%c.Heads != 0 {
		f.Fail("hidden_size is %d, not a multiple of the %d of num_attention_heads", c.Hidden, c.Heads)
	}
	if c.HeadDim%2 != 0 {
		f.Fail("heads are %d wide; rotary positions need an even number", c.HeadDim)
	}
	if c.Heads%c.KVHeads != 0 {
		of := "num_key_value_heads"
		if !f.Has(of) {
			of += ", which is missing and then means that"
		}
		f.Fail("num_attention_heads is %d, not a multiple of the %d of %s", c.Heads, c.KVHeads, of)
	}
	f.Neutral("attention_multiplier", 1/math.Sqrt(float64(c.HeadDim)))
	f.Neutral("query_pre_attn_scalar", float64(c.HeadDim))
	c.eps = parseEps(f)
	for _, key := range []string{"hidden_act", "hidden_activation"} {
		if a := f.String(key, "silu"); a != string(model.SiLU) && a != "swish" {
			f.Fail("%s is %q; only \"silu\" is supported", key, a)
		}
	}
	c.layers = parseLayers(f, c.kind, c.Blocks)
	c.rope = parseRope(f, c.HeadDim, c.MaxPositions, c.layers.kinds)
	c.layers.check(f, c.rope.longest)
	c.MaxPositions = c.rope.longest
	if f.Err() != nil {
		return config{}, fmt.Errorf("llama: %w", f.Err())
	}
	return c, nil
}

// parseBiases reads which linears have biases, as the architecture has it.
func (c *config) parseBiases(f *decoder.Config) {
	switch c.kind.AttentionBias {
	case architecture.NoBias:
		f.Neutral("qkv_bias", 0)
		f.Neutral("attention_bias", 0)
	case architecture.AlwaysBias:
		c.qkvBias = true
	case architecture.SaidBias:
		f.Neutral("qkv_bias", 0)
		c.qkvBias = f.Bool("attention_bias", false)
		c.oBias = c.qkvBias
	}
	switch c.kind.FFNBias {
	case architecture.NoBias:
		f.Neutral("mlp_bias", 0)
	case architecture.AlwaysBias:
		c.ffnBias = true
	case architecture.SaidBias:
		c.ffnBias = f.Bool("mlp_bias", false)
	}
}

// parseEps reads what the norms add. Under another name transformers takes it
// for missing.
func parseEps(f *decoder.Config) float64 {
	const preset = 1e-6
	if !f.Has("rms_norm_eps") {
		for _, key := range []string{"norm_eps", "layer_norm_eps", "layer_norm_epsilon", "norm_epsilon", "rms_norm_epsilon"} {
			f.Neutral(key, preset)
		}
	}
	return f.Float("rms_norm_eps", preset, 0)
}
