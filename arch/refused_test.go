package arch_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"sparsellm/arch"
)

// TestNotUnderstood checks that what changes a model and is not understood is
// refused by name.
func TestNotUnderstood(t *testing.T) {
	llama, opt := llamaConfig, optConfig
	mistral, qwen2 := maps.Clone(llama), maps.Clone(llama)
	mistral["model_type"], mistral["num_key_value_heads"] = "mistral", 2
	qwen2["model_type"], qwen2["num_key_value_heads"] = "qwen2", 2
	parameters := func(text string) change { return change{"rope_parameters": json.RawMessage(text)} }
	scaling := func(text string) change { return change{"rope_scaling": json.RawMessage(text)} }
	raw := func(text string) json.RawMessage { return json.RawMessage(text) }
	full, sliding := []string{"full_attention", "full_attention"}, []string{"sliding_attention", "sliding_attention"}
	for _, c := range []struct {
		base map[string]any
		change
		want string
	}{
		{llama, parameters(`{"rope_type": "mrope", "mrope_section": [1, 1]}`), `rope_parameters: rope_type is "mrope"`},
		{llama, parameters(`{"rope_type": "proportional"}`), `rope_type is "proportional"`},
		{llama, parameters(`{"rope_type": "default", "mrope_section": [1, 1]}`), `mrope_section is not understood with the rope_type "default"`},
		{llama, parameters(`{"factor": 2.0}`), "factor is 2.0"},
		{llama, parameters(`{"rope_type": "linear", "factor": 2.0, "low_freq_factor": 1.0}`), "low_freq_factor is not understood"},
		{llama, parameters(`{"rope_type": "dynamic", "factor": 2.0, "alpha": 1000}`), "alpha is not understood"},
		{llama, parameters(`{"rope_type": "yarn", "factor": 2.0, "attn_factor": 0.8}`), "attn_factor is 0.8"},
		{llama, parameters(`{"rope_type": "yarn", "factor": 2.0, "llama_4_scaling_beta": 0.1}`), "llama_4_scaling_beta is not understood"},
		{llama, parameters(`{"rope_type": "default", "max_position_embeddings": 64}`), "max_position_embeddings is 64"},
		{llama, parameters(`{"rope_type": "default", "partial_rotary_factor": 0.25}`), "rope_parameters: partial_rotary_factor is 0.25"},
		{llama, parameters(`{"rope_type": null}`), "rope_type is null"},
		{llama, parameters(`{"rope_theta": null}`), "rope_parameters: rope_theta is null"},
		{llama, parameters(`{"rope_theta": "500"}`), `rope_theta is "500", not a number`},
		{llama, parameters(`{"rope_theta": NaN}`), "rope_theta is NaN, not a number"},
		{llama, parameters(`{"rope_type": "linear", "factor": Infinity}`), "factor is Infinity, not a number"},
		{llama, parameters(`{"rope_type": "linear", "factor": -1}`), "factor is -1, not above 0"},
		{llama, parameters(`{"rope_type": "linear", "factor": null}`), "factor is null"},
		{llama, parameters(`[]`), "rope_parameters is [], not an object"},
		{llama, scaling(`"linear"`), `rope_scaling is "linear", not an object`},
		{llama, change{"rope_theta": nil}, "rope_theta is null"},
		{llama, parameters(`{"rope_type": "yarn", "factor": 2.0, "rope_theta": 1}`), "rope_theta is 1; YaRN needs more"},
		{llama, parameters(`{"rope_type": "yarn", "factor": 2.0, "beta_fast": -1}`), "beta_fast is -1"},
		{llama, parameters(`{"rope_type": "yarn", "factor": 2.0, "original_max_position_embeddings": 0}`), "original_max_position_embeddings is 0"},
		{llama, parameters(`{"rope_type": "yarn", "factor": 2.0, "truncate": 1}`), "truncate is 1, neither true nor false"},
		{llama, parameters(`{"rope_type": "longrope", "long_factor": [1, 2]}`), "short_factor is missing"},
		{llama, parameters(`{"rope_type": "longrope", "short_factor": [1, 2], "long_factor": [1, 2, 3]}`), "long_factor has 3 numbers where 2 should be"},
		{llama, parameters(`{"rope_type": "longrope", "short_factor": [1, 0], "long_factor": [1, 2]}`), "short_factor has at place 1 no number above 0"},
		{llama, parameters(`{"rope_type": "longrope", "short_factor": [1, null], "long_factor": [1, 2]}`), "short_factor has at place 1"},
		{llama, parameters(`{"rope_type": "longrope", "short_factor": 2, "long_factor": [1, 2]}`), "short_factor is 2, not a list"},
		{llama, parameters(`{"rope_type": "longrope", "factor": 2.0, "short_factor": [1, 1], "long_factor": [1, 2], "original_max_position_embeddings": 1}`),
			"original_max_position_embeddings is 1; LongRoPE needs more"},

		{llama, parameters(`{"full_attention": {"rope_theta": 500}, "rope_theta": 10000}`), "rope_theta stands beside full_attention"},
		{llama, parameters(`{"sliding_attention": {"rope_theta": 500}}`), "full_attention is missing or null"},
		{llama, parameters(`{"full_attention": null}`), "full_attention is missing or null"},
		{llama, parameters(`{"full_attention": {"rope_type": "mrope"}}`), "rope_parameters: full_attention: rope_type"},
		{qwen2, change{"rope_parameters": raw(`{"full_attention": {"rope_theta": 500}, "sliding_attention": {"rope_theta": 10000}}`),
			"use_sliding_window": true, "sliding_window": 4, "max_window_layers": 1}, "full_attention and sliding_attention have different parameters"},

		{llama, change{"layer_types": full[:1]}, "layer_types has 1 entries for the 2 blocks"},
		{llama, change{"layer_types": []string{"full_attention", "chunked_attention"}}, `layer_types has "chunked_attention" for block 1`},
		{llama, change{"layer_types": []any{"full_attention", nil}}, `layer_types has "" for block 1`},
		{llama, change{"layer_types": "full_attention"}, "not a list of strings"},
		{llama, change{"layer_types": sliding}, "no window is set"},
		{llama, change{"sliding_window": 8}, "sliding_window is 8, which a llama model does not have"},
		{mistral, change{"sliding_window": 8, "layer_types": full}, "layer_types and the sliding_window of 8 contradict"},
		{mistral, change{"sliding_window": nil, "layer_types": sliding}, "no window is set"},
		{mistral, change{"sliding_window": 8, "use_sliding_window": false}, "use_sliding_window is false and sliding_window 8"},
		{qwen2, change{"sliding_window": 8, "use_sliding_window": false, "layer_types": sliding}, "no window is set"},
		{qwen2, change{"sliding_window": nil, "use_sliding_window": true, "layer_types": sliding}, "no window is set"},
		{qwen2, change{"max_window_layers": nil}, "max_window_layers is null"},
		{mistral, change{"num_key_value_heads": 3}, "not a multiple of the 3 of num_key_value_heads"},

		{llama, change{"attention_multiplier": 0.2}, "attention_multiplier is 0.2, which a model of this model_type does not know"},
		{llama, change{"query_pre_attn_scalar": 24}, "query_pre_attn_scalar is 24"},
		{llama, change{"embedding_multiplier": 6.0}, "embedding_multiplier is 6"},
		{llama, change{"logits_scaling": 4}, "logits_scaling is 4"},
		{llama, change{"final_logit_softcapping": 30.0}, "final_logit_softcapping is 30"},
		{llama, change{"no_rope_layers": []int{1, 0}}, "no_rope_layers is [1,0]"},
		{llama, change{"use_qk_norm": true}, "use_qk_norm is true"},
		{llama, change{"num_local_experts": 8}, "num_local_experts is 8"},
		{llama, change{"pruned_heads": raw(`{"0": [1]}`)}, "pruned_heads is"},
		{llama, change{"alibi": raw(`NaN`)}, "alibi is NaN"},
		{opt, change{"scale_embeddings": true}, "scale_embeddings is true"},
		{mistral, change{"attention_bias": true}, "attention_bias is true"},
		{qwen2, change{"mlp_bias": true}, "mlp_bias is true"},
		{llama, change{"norm_eps": 1e-5}, "norm_eps is 0.00001"},
		{llama, change{"hidden_activation": "gelu_pytorch_tanh"}, `hidden_activation is "gelu_pytorch_tanh"`},
		{llama, change{"rms_norm_eps": nil}, "rms_norm_eps is null"},
		{llama, change{"max_position_embeddings": nil}, "max_position_embeddings is null"},
		{llama, change{"hidden_act": nil}, "hidden_act is null"},
		{llama, change{"text_config": raw(`{"model_type": "llama"}`)}, "language model within a larger one (text_config)"},
		{llama, change{"model_type": "paligemma", "text_config": raw(`{"model_type": "gemma"}`)}, "language model within a larger one (text_config)"},
		{llama, change{"model_type": "llava", "text_config": raw(`{"model_type": "cohere2"}`)}, `config.json: text_config: model_type "cohere2" is not supported`},
		{llama, change{"model_type": "llava", "text_config": raw(`{"model_type": 1}`)}, "config.json: text_config: model_type is 1, not a string"},
		{llama, change{"model_type": "llava", "text_config": raw(`{"qk_norm": true}`)}, "config.json: text_config: qk_norm is true"},
		{llama, change{"model_type": "qwen2_vl", "num_key_value_heads": 2, "rope_scaling": raw(`{"type": "mrope", "alpha": 2}`)}, "rope_scaling: alpha is not understood"},
		{llama, change{"model_type": "internvl_chat", "llm_config": raw(`{}`)}, "language model within a larger one (llm_config)"},
	} {
		_, err := arch.Config(configText(t, c.base, c.change))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.ContainsAny(err.Error(), "\n\t") {
			t.Errorf("%v: got the error %v, want one line with %q", c.change, err, c.want)
		}
	}
	for _, text := range []string{"\xff\xfe{\x00}\x00", "\xfe\xff\x00{\x00}"} {
		if _, err := arch.Config([]byte(text)); err == nil || !strings.Contains(err.Error(), "config.json is UTF-16") {
			t.Errorf("%v", err)
		}
	}
}

// configText writes a config.json as Python would, NaN and all.
func configText(t *testing.T, base map[string]any, c change) []byte {
	fields := maps.Clone(base)
	maps.Copy(fields, c)
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		value, ok := fields[key].(json.RawMessage)
		if !ok {
			var err error
			if value, err = json.Marshal(fields[key]); err != nil {
				t.Fatal(err)
			}
		}
		parts = append(parts, `"`+key+`": `+string(value))
	}
	return []byte("{\n\t" + strings.Join(parts, ",\n\t") + "\n}\n")
}

// TestPerLayer checks that parameters for each kind of layer, where they are
// the same or the model has but one kind, are those parameters for all.
// transformers 5 reads them so for architectures that declare layer_types; of
// ours, it reads none so.
func TestPerLayer(t *testing.T) {
	ids, models := readSpellings(t)
	for name, c := range map[string]struct {
		as string
		change
	}{
		"one":      {"theta-inside", change{"rope_parameters": json.RawMessage(`{"full_attention": {"rope_type": "default", "rope_theta": 500}}`)}},
		"declared": {"theta-inside", change{"rope_parameters": json.RawMessage(`{"full_attention": {"rope_theta": 500}}`), "layer_types": []string{"full_attention", "full_attention"}}},
		"beside":   {"theta-inside", change{"rope_parameters": json.RawMessage(`{"full_attention": {"rope_type": "default"}}`), "rope_theta": 500}},
		"unused": {"theta-inside", change{"rope_parameters": json.RawMessage(
			`{"full_attention": {"rope_theta": 500}, "sliding_attention": {"rope_type": "mrope"}}`)}},
		"scaling": {"theta-inside", change{"rope_scaling": json.RawMessage(`{"full_attention": {"type": "default"}}`), "rope_theta": 500}},
		"yarn": {"yarn", change{"rope_parameters": json.RawMessage(
			`{"full_attention": {"rope_type": "yarn", "rope_theta": 500, "factor": 4, "original_max_position_embeddings": 16}}`)}},
		"mistral": {"mistral-linear", change{"rope_parameters": json.RawMessage(
			`{"sliding_attention": {"rope_type": "linear", "factor": 2, "rope_theta": 500}}`)}},
		"two": {"qwen2-window-layers", change{"rope_parameters": json.RawMessage(
			`{"sliding_attention": {"rope_theta": 10000}, "full_attention": {"rope_type": "default", "rope_theta": 10000}}`)}},
	} {
		s := models[c.as].model
		_, want := run(t, nil, openVariant[float32](t, s), ids)
		var fields map[string]any
		if err := json.Unmarshal(s.Config, &fields); err != nil {
			t.Fatal(err)
		}
		s.Config = configText(t, fields, c.change)
		_, got := run(t, nil, openVariant[float32](t, s), ids)
		if !slices.Equal(got.Data, want.Data) {
			t.Errorf("%s: other values than %s", name, c.as)
		}
	}
}

// TestLongest checks the longest sequence that a model takes: what it was
// stretched to, whether max_position_embeddings says so or not.
func TestLongest(t *testing.T) {
	for _, c := range []struct {
		change
		want int
	}{
		{change{}, 32},
		{change{"rope_scaling": json.RawMessage(`{"type": "default"}`)}, 32},
		{change{"rope_scaling": json.RawMessage(`{"type": "linear", "factor": 4}`)}, 128},
		{change{"rope_scaling": json.RawMessage(`{"type": "linear", "factor": 0.5}`)}, 32},
		{change{"rope_scaling": json.RawMessage(`{"type": "dynamic", "factor": 2.5}`)}, 80},
		{change{"rope_scaling": json.RawMessage(`{"type": "yarn", "factor": 4}`)}, 128},
		{change{"rope_scaling": json.RawMessage(`{"type": "yarn", "factor": 4, "original_max_position_embeddings": 8}`)}, 32},
		{change{"rope_scaling": json.RawMessage(`{"type": "yarn", "factor": null, "original_max_position_embeddings": 8}`)}, 32},
		{change{"rope_scaling": json.RawMessage(`{"type": "longrope", "short_factor": [1, 1], "long_factor": [1, 2], "original_max_position_embeddings": 8}`)}, 32},
		{change{"rope_scaling": json.RawMessage(`{"type": "longrope", "short_factor": [1, 1], "long_factor": [1, 2], "factor": 3}`)}, 96},
		{change{"rope_scaling": json.RawMessage(`{"type": "linear", "factor": 1e30}`)}, 1 << 30},
		{change{"max_position_embeddings": json.RawMessage("64")}, 64},
	} {
		cfg, err := arch.Config(configText(t, llamaConfig, c.change))
		if err != nil || cfg.MaxPositions != c.want {
			t.Errorf("%v: %d at most, want %d (%v)", c.change, cfg.MaxPositions, c.want, err)
		}
	}
}
