package decoder

import (
	"encoding/json"
	"math"
)

// foreign are fields by which other architectures change what a model
// computes, and the value that changes nothing (false, an empty list and an
// empty object being 0). transformers passes over those that a configuration
// class does not know, in silence; who wrote them meant something by them.
var foreign = []struct {
	key     string
	neutral float64
}{
	// Scales and caps of Granite, MiniCPM, Cohere, Gemma 2, DBRX and others.
	{"embedding_multiplier", 1}, {"residual_multiplier", 1}, {"logits_scaling", 1}, {"logit_scale", 1},
	{"embedding_scale", 1}, {"scale_emb", 1}, {"scale_depth", 0}, {"mup_width_scale", 1}, {"mup_embeddings_multiplier", 1},
	{"attn_logit_softcapping", 0}, {"final_logit_softcapping", 0}, {"logit_softcapping", 0}, {"clip_qkv", 0},
	{"scale_embedding", 0}, {"scale_embeddings", 0}, {"normalize_embedding", 0}, {"attn_temperature_tuning", 0},
	// Norms of queries and keys; other shapes of a block.
	{"qk_norm", 0}, {"use_qk_norm", 0}, {"qk_layernorm", 0},
	{"parallel_attn", 0}, {"parallel_residual", 0}, {"use_parallel_residual", 0},
	{"q_lora_rank", 0}, {"kv_lora_rank", 0}, {"num_kv_shared_layers", 0}, {"pruned_heads", 0}, {"per_layer_config", 0},
	{"layer_sharing", 0}, {"weight_bits", 0}, {"input_bits", 0}, // MobileLLM, BitNet
	{"num_experts", 0}, {"num_local_experts", 0}, {"n_routed_experts", 0}, {"moe_num_experts", 0},
	// Other positions.
	{"alibi", 0}, {"use_alibi", 0}, {"no_rope_layers", 0}, {"use_mrope", 0}, {"rope_interleaved", 0}, {"rope_ratio", 1},
	{"rope_scaling_factor", 1}, {"rotary_pct", 1}, {"rotary_percent", 1}, {"rope_percentage", 1}, {"rotary_emb_base", 10000},
	// Other views of the sequence.
	{"attention_chunk_size", 0}, {"use_bidirectional_attention", 0}, {"bidirectional", 0}, {"is_causal", 1},
	{"is_encoder_decoder", 0}, {"add_cross_attention", 0},
}

// wrapped are the fields under which a model of pictures or sound keeps its
// language model's config.
var wrapped = []string{"text_config", "language_config", "llm_config"}

// RefuseForeign fails on fields that would change what a model computes and
// that nobody has asked for.
func (c *Config) RefuseForeign() {
	c.RefuseWrapped()
	for _, f := range foreign {
		if !c.asked[f.key] {
			c.Neutral(f.key, f.neutral)
		}
	}
}

// RefuseWrapped fails on the config of a model that a language model is part
// of.
func (c *Config) RefuseWrapped() {
	for _, key := range wrapped {
		if c.IsObject(key) {
			c.Fail("a language model within a larger one (%s) is not supported: save it on its own", key)
		}
	}
}

// Neutral fails unless a field is missing, null or of the value at which it
// changes nothing, to the precision of float32; false, an empty list, an empty
// object and an empty text count as 0, true as 1.
func (c *Config) Neutral(key string, neutral float64) {
	if !c.Has(key) {
		return
	}
	x := math.NaN()
	var v any
	if json.Unmarshal(c.fields[key], &v) == nil {
		switch v := v.(type) {
		case bool:
			x = 0
			if v {
				x = 1
			}
		case float64:
			x = v
		case string:
			if v == "" {
				x = 0
			}
		case []any:
			if len(v) == 0 {
				x = 0
			}
		case map[string]any:
			if len(v) == 0 {
				x = 0
			}
		}
	}
	if !(math.Abs(x-neutral) <= 0x1p-22*math.Abs(neutral)) {
		c.Fail("%s is %s, which a model of this model_type does not know", key, c.show(key))
	}
}
