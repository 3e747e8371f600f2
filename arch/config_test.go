package arch_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sparsellm/arch"
	"sparsellm/model"
)

var (
	optConfig = map[string]any{"model_type": "opt", "hidden_size": 16, "ffn_dim": 40, "num_hidden_layers": 2,
		"num_attention_heads": 4, "vocab_size": 50, "max_position_embeddings": 32}
	llamaConfig = map[string]any{"model_type": "llama", "hidden_size": 16, "intermediate_size": 40, "num_hidden_layers": 2,
		"num_attention_heads": 4, "vocab_size": 50, "max_position_embeddings": 32}
)

type change = map[string]any

func TestBadConfig(t *testing.T) {
	missing := struct{}{}
	rope := func(kv ...any) change {
		m := map[string]any{}
		for i := 0; i < len(kv); i += 2 {
			m[kv[i].(string)] = kv[i+1]
		}
		return change{"rope_scaling": m}
	}
	for _, c := range []struct {
		base map[string]any
		change
		want string
	}{
		{optConfig, change{"model_type": missing}, "has no model_type"},
		{optConfig, change{"model_type": "mamba"}, `"mamba"`},
		{optConfig, change{"model_type": 3}, "model_type"},
		{optConfig, change{"hidden_size": missing}, "hidden_size is missing"},
		{optConfig, change{"hidden_size": nil}, "hidden_size is missing"},
		{optConfig, change{"hidden_size": 0}, "hidden_size is 0"},
		{optConfig, change{"hidden_size": -16}, "hidden_size is -16"},
		{optConfig, change{"hidden_size": 1 << 40}, "hidden_size is 1099511627776"},
		{optConfig, change{"hidden_size": 16.5}, "hidden_size is 16.5, not a whole number"},
		{optConfig, change{"hidden_size": "16"}, `hidden_size is "16", not a whole number`},
		{optConfig, change{"hidden_size": 18}, "not a multiple of the 4 of num_attention_heads"},
		{optConfig, change{"ffn_dim": 0}, "ffn_dim is 0"},
		{optConfig, change{"num_hidden_layers": 1 << 30}, "num_hidden_layers is 1073741824"},
		{optConfig, change{"num_attention_heads": 0}, "num_attention_heads is 0"},
		{optConfig, change{"vocab_size": 0}, "vocab_size is 0"},
		{optConfig, change{"max_position_embeddings": missing}, "max_position_embeddings is missing"},
		{optConfig, change{"word_embed_proj_dim": -1}, "word_embed_proj_dim is -1"},
		{optConfig, change{"do_layer_norm_before": "no"}, `do_layer_norm_before is "no", neither true nor false`},
		{optConfig, change{"activation_function": "mish"}, `activation_function is "mish"`},
		{optConfig, change{"activation_function": 1}, "activation_function is 1, not a string"},
		{llamaConfig, change{"num_key_value_heads": 3}, "not a multiple of the 3 of num_key_value_heads"},
		{llamaConfig, change{"num_key_value_heads": 0}, "num_key_value_heads is 0"},
		{llamaConfig, change{"head_dim": 5}, "heads are 5 wide"},
		{llamaConfig, change{"head_dim": 0}, "head_dim is 0"},
		{llamaConfig, change{"hidden_size": 18}, "not a multiple of the 4 of num_attention_heads"},
		{llamaConfig, change{"num_attention_heads": 32, "num_key_value_heads": 32}, "hidden_size is 16, not a multiple"},
		{llamaConfig, change{"hidden_act": "mish"}, `hidden_act is "mish"`},
		{llamaConfig, change{"rms_norm_eps": -1}, "rms_norm_eps is -1"},
		{llamaConfig, change{"rms_norm_eps": "small"}, `rms_norm_eps is "small", not a number`},
		{llamaConfig, change{"rope_theta": 0}, "rope_theta is 0"},
		{llamaConfig, change{"partial_rotary_factor": 0.5}, "partial_rotary_factor is 0.5"},
		{llamaConfig, change{"rope_scaling": 2}, "rope_scaling is 2, not an object"},
		{llamaConfig, rope("rope_type", "proportional", "factor", 2), `rope_scaling: rope_type is "proportional"`},
		{llamaConfig, rope("type", "su", "factor", 2), `rope_scaling: type is "su"`},
		{llamaConfig, rope("rope_type", "linear"), "rope_scaling: factor is missing"},
		{llamaConfig, rope("rope_type", "linear", "factor", 0), "rope_scaling: factor is 0"},
		{llamaConfig, rope("rope_type", "llama3", "factor", 8), "rope_scaling: low_freq_factor is missing"},
		{llamaConfig, rope("rope_type", "llama3", "factor", 8, "low_freq_factor", 4, "high_freq_factor", 4, "original_max_position_embeddings", 9),
			"high_freq_factor is 4, not above the 4 of low_freq_factor"},
		{llamaConfig, change{"rope_parameters": map[string]any{"rope_type": "yarn"}}, "rope_parameters: factor is missing"},
		{llamaConfig, change{"model_type": "mistral", "num_key_value_heads": 4, "sliding_window": 0}, "sliding_window is 0"},
		{llamaConfig, change{"model_type": "qwen2", "num_key_value_heads": 4, "use_sliding_window": true, "sliding_window": -4}, "sliding_window is -4"},
	} {
		fields := maps.Clone(c.base)
		for k, v := range c.change {
			if v == missing {
				delete(fields, k)
			} else {
				fields[k] = v
			}
		}
		text, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		_, err = arch.Config(text)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: got the error %v, want %q", c.change, err, c.want)
		} else if strings.ContainsAny(err.Error(), "\n\t") {
			t.Errorf("error of several lines: %q", err)
		}
	}
	for _, text := range []string{"", `{"model_type": "opt", "hidden_size": 1e400}`, "null", "[]", "3", "{", `{"model_type": "opt",}`, "\xff"} {
		if _, err := arch.Config([]byte(text)); err == nil {
			t.Errorf("%q is taken for a config.json", text)
		}
	}
}

// TestDefaults checks fields that old files lack and new ones have.
func TestDefaults(t *testing.T) {
	first, err := arch.Config([]byte(`{"model_type": "llama", "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32,
		"num_attention_heads": 32, "vocab_size": 32000, "rms_norm_eps": 1e-06, "max_sequence_length": 2048}`))
	if err != nil {
		t.Fatal(err)
	}
	want := model.Config{Arch: "llama", Hidden: 4096, Intermediate: 11008, Blocks: 32, Heads: 32, KVHeads: 32, HeadDim: 128,
		Vocab: 32000, MaxPositions: 2048, Activation: model.SiLU, Gated: true}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
	_, models := readVariants(t)
	v := models["llama-linear"]
	var fields map[string]any
	if err := json.Unmarshal(v.Config, &fields); err != nil {
		t.Fatal(err)
	}
	delete(fields, "rope_scaling")
	delete(fields, "rope_theta")
	fields["rope_parameters"] = map[string]any{"rope_type": "linear", "factor": 2.5, "rope_theta": 10000}
	if v.Config, err = json.Marshal(fields); err != nil {
		t.Fatal(err)
	}
	ids, _ := readVariants(t)
	if d := distance[float64](t, v, ids); !(d < 1e-14) {
		t.Errorf("with rope_parameters the model is off by %.1e", d)
	}
}

// TestBadTensors takes one tensor away, then changes its shape.
func TestBadTensors(t *testing.T) {
	_, models := readVariants(t)
	for _, name := range []string{"opt-projected-norm-first-untied", "llama-biases", "qwen2"} {
		v := models[name]
		for tensor, shape := range v.Shapes {
			for _, bad := range [][]int{nil, append([]int{1}, shape...), {shape[0] + 1}} {
				s := maps.Clone(v.Shapes)
				delete(s, tensor)
				if bad != nil {
					s[tensor] = bad
				}
				_, err := arch.Open[float32](v.Config, s)
				if err == nil || !strings.Contains(err.Error(), tensor) {
					t.Errorf("%s: %s with the shape %v: got the error %v", name, tensor, bad, err)
				}
			}
		}
	}
}

// FuzzConfig opens models by any config.json: it must not panic, and what it
// takes must run.
func FuzzConfig(f *testing.F) {
	ids, models := readVariants(f)
	for _, v := range models {
		f.Add([]byte(v.Config))
	}
	_, spellings := readSpellings(f)
	for _, s := range spellings {
		f.Add([]byte(s.model.Config))
	}
	f.Add([]byte(`{"model_type": "qwen2_vl", "text_config": {"num_hidden_layers": 1, "rope_scaling": {"type": "mrope", "mrope_section": [1]}}, "tie_word_embeddings": null}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := arch.Config(text); err != nil {
			return
		}
		for _, v := range models {
			m, err := arch.Open[float32](text, v.Shapes)
			if err != nil {
				continue
			}
			if n := m.Config().MaxPositions; n < len(ids) {
				run(t, nil, m, ids[:n])
			} else {
				run(t, nil, m, ids)
			}
		}
	})
}
