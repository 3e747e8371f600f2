package opt

import (
	"fmt"

	"sparsellm/internal/architecture"
	"sparsellm/internal/decoder"
	"sparsellm/model"
)

// config is model.Config with what only OPT has.
type config struct {
	model.Config
	names     architecture.Architecture
	wordDim   int  // width of the word embeddings
	normFirst bool // a sublayer's norm comes before it, not after the residual
	finalNorm bool // there is a norm before the head
	bias      bool // linears have biases
	affine    bool // norms have weights and biases
}

// Config reads a config.json with model_type "opt".
func Config(text []byte) (model.Config, error) {
	c, err := parse(text)
	return c.Config, err
}

func parse(text []byte) (config, error) {
	f, err := decoder.ParseConfig(text)
	if err != nil {
		return config{}, fmt.Errorf("opt: %w", err)
	}
	var c config
	c.names, _ = architecture.Named(string(architecture.OPT))
	c.Arch = c.names.Type
	c.Activation = model.ReLU
	f.RefuseForeign()
	c.Hidden = f.Size("hidden_size", decoder.MaxWidth)
	c.Intermediate = f.Size("ffn_dim", decoder.MaxWidth)
	c.Blocks = f.Size("num_hidden_layers", decoder.MaxBlocks)
	c.Heads = f.Size("num_attention_heads", decoder.MaxHeads)
	c.KVHeads = c.Heads
	c.HeadDim = c.Hidden / c.Heads
	c.Vocab = f.Size("vocab_size", decoder.MaxVocab)
	c.MaxPositions = f.Size("max_position_embeddings", decoder.MaxPositions)
	c.Tied = f.Bool("tie_word_embeddings", true)
	c.wordDim = c.Hidden
	if f.Has("word_embed_proj_dim") {
		c.wordDim = f.Int("word_embed_proj_dim", c.Hidden, 1, decoder.MaxWidth)
	}
	c.normFirst = f.Bool("do_layer_norm_before", true)
	c.finalNorm = c.normFirst && !f.Bool("_remove_final_layer_norm", false)
	c.bias = f.Bool("enable_bias", true)
	c.affine = f.Bool("layer_norm_elementwise_affine", true)
	if c.Hidden%c.Heads != 0 {
		f.Fail("hidden_size is %d, not a multiple of the %d of num_attention_heads", c.Hidden, c.Heads)
	}
	if a := f.String("activation_function", "relu"); a != string(model.ReLU) {
		f.Fail("activation_function is %q; only \"relu\" is supported", a)
	}
	if f.Err() != nil {
		return config{}, fmt.Errorf("opt: %w", f.Err())
	}
	return c, nil
}
