package llama

import (
	"fmt"

	"sparsellm/internal/decoder"
	"sparsellm/model"
)

// config is model.Config with what only this family has.
type config struct {
	model.Config
	eps            float64 // of the norms
	qkvBias, oBias bool
	ffnBias        bool
	// The blocks from windowFrom on see the last window positions only.
	window, windowFrom int
	rope               rope
}

// Config reads a config.json with model_type "llama", "mistral" or "qwen2".
func Config(text []byte) (model.Config, error) {
	c, err := parse(text)
	return c.Config, err
}

// parse reads a config.json, with the defaults of the configuration classes
// of transformers 4.45.1.
func parse(text []byte) (config, error) {
	f, err := decoder.ParseConfig(text)
	if err != nil {
		return config{}, fmt.Errorf("llama: %w", err)
	}
	var c config
	c.Arch = f.String("model_type", "llama")
	c.Hidden = f.Size("hidden_size", decoder.MaxWidth)
	c.Intermediate = f.Size("intermediate_size", decoder.MaxWidth)
	c.Blocks = f.Size("num_hidden_layers", decoder.MaxBlocks)
	c.Heads = f.Size("num_attention_heads", decoder.MaxHeads)
	c.KVHeads = f.Int("num_key_value_heads", c.Heads, 1, decoder.MaxHeads)
	c.HeadDim = f.Int("head_dim", max(1, c.Hidden/c.Heads), 1, decoder.MaxWidth/c.Heads)
	c.Vocab = f.Size("vocab_size", decoder.MaxVocab)
	c.Tied = f.Bool("tie_word_embeddings", false)
	c.eps = f.Float("rms_norm_eps", 1e-6, 0)
	switch c.Arch {
	case "llama":
		c.MaxPositions = 2048
		c.qkvBias = f.Bool("attention_bias", false)
		c.oBias = c.qkvBias
		c.ffnBias = f.Bool("mlp_bias", false)
	case "mistral":
		c.MaxPositions = 4096 * 32
		if f.Has("sliding_window") {
			c.window = f.Int("sliding_window", 0, 1, decoder.MaxPositions)
		}
	case "qwen2":
		c.MaxPositions = 32768
		c.qkvBias = true
		if f.Bool("use_sliding_window", false) && f.Has("sliding_window") {
			c.window = f.Int("sliding_window", 0, 1, decoder.MaxPositions)
			c.windowFrom = f.Int("max_window_layers", 28, 0, decoder.MaxBlocks)
		}
	default:
		f.Fail("model_type is %q; only \"llama\", \"mistral\" and \"qwen2\" are supported", c.Arch)
	}
	c.MaxPositions = f.Int("max_position_embeddings", c.MaxPositions, 1, decoder.MaxPositions)
	if !f.Has("head_dim") && c.Hidden%c.Heads != 0 {
		f.Fail("hidden_size is %d, not a multiple of the %d of num_attention_heads", c.Hidden, c.Heads)
	}
	if c.HeadDim%2 != 0 {
		f.Fail("heads are %d wide; rotary positions need an even number", c.HeadDim)
	}
	if c.Heads%c.KVHeads != 0 {
		f.Fail("num_attention_heads is %d, not a multiple of the %d of num_key_value_heads", c.Heads, c.KVHeads)
	}
	if a := f.String("hidden_act", "silu"); a != "silu" && a != "swish" {
		f.Fail("hidden_act is %q; only \"silu\" is supported", a)
	}
	c.rope = parseRope(f, c.HeadDim, c.MaxPositions)
	c.MaxPositions = c.rope.longest
	if f.Err() != nil {
		return config{}, fmt.Errorf("llama: %w", f.Err())
	}
	return c, nil
}
