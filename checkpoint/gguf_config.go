package checkpoint

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// llamaConfig is transformers' config.json.
type llamaConfig struct {
	Architectures []string     `json:"architectures"`
	Type          string       `json:"model_type"`
	Activation    string       `json:"hidden_act"`
	Hidden        int64        `json:"hidden_size"`
	Intermediate  int64        `json:"intermediate_size"`
	Blocks        int64        `json:"num_hidden_layers"`
	Heads         int64        `json:"num_attention_heads"`
	KVHeads       int64        `json:"num_key_value_heads"`
	HeadDim       int64        `json:"head_dim,omitempty"`
	Positions     int64        `json:"max_position_embeddings"`
	Epsilon       json.Number  `json:"rms_norm_eps"`
	Theta         json.Number  `json:"rope_theta"`
	Scaling       *ropeScaling `json:"rope_scaling"`
	Tied          bool         `json:"tie_word_embeddings"`
	Vocab         int64        `json:"vocab_size"`
	BOS           *int64       `json:"bos_token_id,omitempty"`
	EOS           *int64       `json:"eos_token_id,omitempty"`
	Pad           *int64       `json:"pad_token_id,omitempty"`
	AttentionBias bool         `json:"attention_bias"`
	MLPBias       bool         `json:"mlp_bias"`
	DType         string       `json:"torch_dtype"`
}

func (c *llamaConfig) headDim() int64 {
	if c.HeadDim != 0 {
		return c.HeadDim
	}
	return c.Hidden / c.Heads
}

// config reads the hyperparameters; what depends on the tensors is left.
func (g *gguf) config() (*llamaConfig, error) {
	c := &llamaConfig{Architectures: []string{"LlamaForCausalLM"}, Type: "llama", Activation: "silu", Tied: true}
	number := func(key string, preset float64) json.Number { return g.decimal(key, g.positive(key, preset)) }
	token := func(key string) *int64 {
		if v := g.integer(key, -1); v >= 0 {
			return &v
		}
		return nil
	}
	if n := g.integer("llama.expert_count", -1); n > 0 {
		g.fail("is a mixture of %d experts, which is not supported", n)
	}
	if n := g.integer("split.count", -1); n > 1 {
		g.fail("is one of %d parts of a model: merge them with llama-gguf-split first", n)
	}
	c.Blocks = g.integer("llama.block_count", 0)
	c.Hidden = g.integer("llama.embedding_length", 0)
	c.Intermediate = g.integer("llama.feed_forward_length", 0)
	c.Heads = g.integer("llama.attention.head_count", 0)
	c.KVHeads = g.integer("llama.attention.head_count_kv", max(c.Heads, 1))
	c.Positions = g.integer("llama.context_length", 0)
	c.Epsilon = number("llama.attention.layer_norm_rms_epsilon", 1e-5)
	c.Theta = number("llama.rope.freq_base", 10000)
	c.BOS, c.EOS = token("tokenizer.ggml.bos_token_id"), token("tokenizer.ggml.eos_token_id")
	c.Pad = token("tokenizer.ggml.padding_token_id")
	if dim := g.integer("llama.attention.key_length", -1); dim > 0 && c.Heads > 0 && dim*c.Heads != c.Hidden {
		c.HeadDim = dim
	}
	if g.err == nil {
		g.understand(c)
	}
	return c, g.err
}

// ggufRead is the metadata that is read, and that which changes nothing;
// transformers and llama.cpp, too, read the RMS norm's epsilon alone.
var ggufRead = []string{
	"block_count", "embedding_length", "feed_forward_length", "context_length", "expert_count",
	"attention.head_count", "attention.head_count_kv", "attention.key_length", "attention.layer_norm_rms_epsilon",
	"rope.freq_base", "rope.scale_linear", "rope.scaling.type", "rope.scaling.factor", "rope.scaling.original_context_length",
	"rope.scaling.attn_factor", "rope.scaling.yarn_ext_factor", "rope.scaling.yarn_beta_fast", "rope.scaling.yarn_beta_slow",

	"vocab_size", "expert_used_count", "pooling_type", "attention.layer_norm_epsilon", "rope.scaling.finetuned",
}

// ggufNeutral is metadata that changes nothing at the values given, true being
// 1 and false 0: llama.cpp takes a scale of 0 for none.
var ggufNeutral = map[string][]float64{
	"logit_scale": {0, 1}, "residual_scale": {0, 1}, "embedding_scale": {0, 1},
	"attn_logit_softcapping": {0}, "final_logit_softcapping": {0},
	"attention.clamp_kqv": {0}, "attention.max_alibi_bias": {0}, "attention.causal": {1}, "attention.temperature_scale": {0},
	"use_parallel_residual": {0}, "swin_norm": {0}, "leading_dense_block_count": {0}, "nextn_predict_layers": {0},
	"expert_shared_count": {0}, "expert_weights_scale": {0, 1}, "interleave_moe_layer_step": {0},
	"rope.scaling.yarn_attn_factor": {1}, "rope.scaling.yarn_log_multiplier": {0},
}

// understand fails on metadata of the architecture that would change the
// model and is not read.
func (g *gguf) understand(c *llamaConfig) {
	dim := float64(c.headDim())
	for _, key := range slices.Sorted(maps.Keys(g.meta)) {
		name, ok := strings.CutPrefix(key, "llama.")
		if !ok || slices.Contains(ggufRead, name) {
			continue
		}
		v := g.meta[key]
		x, number := asNumber(v)
		neutral := ggufNeutral[name]
		switch name {
		case "attention.scale":
			neutral = []float64{0, float64(float32(1 / math.Sqrt(dim)))}
		case "attention.value_length", "rope.dimension_count":
			neutral = []float64{dim}
		case "attention.sliding_window": // nobody reads it of this architecture
			if neutral = []float64{0}; x >= float64(c.Positions) {
				continue
			}
		case "tensor_data_layout":
			if v == "Meta AI original pth" { // the order of rows that is presumed
				continue
			}
		}
		if !number || !slices.Contains(neutral, x) {
			g.fail("has the metadata %q = %v, which is not supported", key, v)
		}
	}
}

// String is what an array looks like in an error.
func (a ggufArray) String() string { return fmt.Sprintf("an array of %d", a.length) }

// asNumber returns metadata as a number.
func asNumber(v any) (float64, bool) {
	switch v := v.(type) {
	case uint64:
		return float64(v), true
	case int64:
		return float64(v), true
	case float32:
		return float64(v), true
	case float64:
		return v, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

// integer returns a number from 1 on (of a token, from 0 on) to the largest
// int32; preset, if it is not 0, where there is none.
func (g *gguf) integer(key string, preset int64) (n int64) {
	v, ok := g.meta[key]
	if !ok && preset != 0 {
		return preset
	}
	switch x := v.(type) {
	case nil:
		g.fail("lacks the metadata %q", key)
		return 0
	case uint64:
		n = int64(min(x, math.MaxInt64))
	case int64:
		n = x
	default:
		g.fail("has metadata %q that is no integer", key)
		return 0
	}
	if n < 0 || n == 0 && preset >= 0 || n > math.MaxInt32 {
		g.fail("has the impossible metadata %q = %d", key, n)
		return 0
	}
	return n
}

// positive returns a number above 0 within float32, or preset where there is
// none.
func (g *gguf) positive(key string, preset float64) float64 {
	v, ok := g.meta[key]
	if !ok {
		return preset
	}
	x, ok := asNumber(v)
	if _, flag := v.(bool); !ok || flag {
		g.fail("has metadata %q that is no number", key)
	} else if !(x >= math.SmallestNonzeroFloat32 && x <= math.MaxFloat32) {
		g.fail("has the impossible metadata %q = %v", key, x)
	}
	if g.err != nil {
		return preset
	}
	return x
}

// decimal is the shortest text of a number that was read under a key, with a
// point or an exponent, so that Python takes it for a float.
func (g *gguf) decimal(key string, x float64) json.Number {
	if _, double := g.meta[key].(float64); double {
		return decimal(x, 64)
	}
	return decimal(x, 32)
}

// decimal is the shortest text that gives a float of this many bits.
func decimal(x float64, bits int) json.Number {
	s := strconv.FormatFloat(x, 'g', -1, bits)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return json.Number(s)
}
