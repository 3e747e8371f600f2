package checkpoint

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sparsellm/arch"
	"sparsellm/internal/llamacpp"
)

// Metadata of the types that ggufFile does not write.
func ggufFloat(x float32) []byte {
	return binary.LittleEndian.AppendUint32([]byte{6, 0, 0, 0}, math.Float32bits(x))
}

func ggufDouble(x float64) []byte {
	return binary.LittleEndian.AppendUint64([]byte{12, 0, 0, 0}, math.Float64bits(x))
}

func ggufBool(x byte) []byte { return []byte{7, 0, 0, 0, x} }

// ggufWith makes a file of a model with heads of 4, whose divisors are in the
// tensors named.
func ggufWith(meta map[string]any, divisors map[string][2]float32) string {
	all := llamaMeta()
	for k, v := range meta {
		if all[k] = v; v == nil {
			delete(all, k)
		}
	}
	tensors := []ggufEntry{{"token_embd.weight", 0, []uint64{8, 2}, 0}}
	data := make([]byte, 64)
	for _, name := range llamacpp.Divisors {
		if d, ok := divisors[name]; ok {
			tensors = append(tensors, ggufEntry{name, 0, []uint64{2}, uint64(len(data))})
			for _, x := range d {
				data = binary.LittleEndian.AppendUint32(data, math.Float32bits(x))
			}
			for len(data)%32 != 0 {
				data = append(data, 0)
			}
		}
	}
	file := []byte(ggufFile(all, tensors, len(data)))
	copy(file[len(file)-len(data):], data)
	return string(file)
}

// TestGGUFRope checks what is made of metadata and tensors, old and new, that
// say how the rotary embedding is scaled.
func TestGGUFRope(t *testing.T) {
	const s = "llama.rope.scaling."
	type meta = map[string]any
	type lists = map[string][2]float32
	for name, c := range map[string]struct {
		meta
		lists
		want string // rope_scaling
	}{
		"none at all":          {nil, nil, `null`},
		"none":                 {meta{s + "type": "none", s + "factor": ggufFloat(4)}, nil, `null`},
		"linear":               {meta{s + "type": "linear", s + "factor": ggufFloat(2.5)}, nil, `{"rope_type":"linear","factor":2.5}`},
		"linear, unnamed":      {meta{s + "factor": ggufFloat(4)}, nil, `{"rope_type":"linear","factor":4.0}`},
		"linear, old":          {meta{"llama.rope.scale_linear": ggufFloat(4)}, nil, `{"rope_type":"linear","factor":4.0}`},
		"linear, new over old": {meta{s + "factor": ggufFloat(2), "llama.rope.scale_linear": ggufFloat(4)}, nil, `{"rope_type":"linear","factor":2.0}`},
		"linear, of 1":         {meta{s + "type": "linear", s + "factor": ggufFloat(1)}, nil, `null`},
		"linear, of 0":         {meta{"llama.rope.scale_linear": ggufFloat(0)}, nil, `null`},
		"linear, an integer":   {meta{s + "factor": 2}, nil, `{"rope_type":"linear","factor":2.0}`},
		"linear, a double":     {meta{s + "factor": ggufDouble(2.1)}, nil, `{"rope_type":"linear","factor":2.1}`},
		"yarn": {meta{s + "type": "yarn", s + "factor": ggufFloat(4), s + "original_context_length": 4}, nil,
			`{"rope_type":"yarn","factor":4.0,"original_max_position_embeddings":4}`},
		"yarn of the context": {meta{s + "type": "yarn", s + "factor": ggufFloat(4)}, nil, `{"rope_type":"yarn","factor":4.0,"original_max_position_embeddings":16}`},
		"yarn with all": {meta{s + "type": "yarn", s + "factor": ggufFloat(4), s + "attn_factor": ggufFloat(0.5), s + "yarn_ext_factor": ggufFloat(1),
			s + "yarn_beta_fast": ggufFloat(16), s + "yarn_beta_slow": ggufFloat(0.5), s + "finetuned": ggufBool(1)}, nil,
			`{"rope_type":"yarn","factor":4.0,"original_max_position_embeddings":16,"attention_factor":0.5693147180559945,"beta_fast":16.0,"beta_slow":0.5}`},
		"longrope": {meta{s + "type": "longrope", s + "original_context_length": 8, s + "attn_factor": ggufFloat(1.25)},
			lists{llamacpp.Short: {1, 1.1}, llamacpp.Long: {2, 40.5}},
			`{"rope_type":"longrope","factor":1.0,"original_max_position_embeddings":8,"attention_factor":1.25,"short_factor":[1.0,1.1],"long_factor":[2.0,40.5]}`},
		"divisors of 1": {nil, lists{llamacpp.Freqs: {1, 1}}, `null`},
		"divisors of Llama 3": {meta{"llama.rope.freq_base": ggufFloat(1e8)}, lists{llamacpp.Freqs: {1, 8}},
			`{"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":8192}`},
		"other divisors": {nil, lists{llamacpp.Freqs: {1.5, 3}},
			`{"rope_type":"longrope","factor":1.0,"original_max_position_embeddings":16,"attention_factor":1.0,"short_factor":[1.5,3.0],"long_factor":[1.5,3.0]}`},
	} {
		t.Run(name, func(t *testing.T) {
			_, config, err := readGGUF(inMemory("f", []byte(ggufWith(c.meta, c.lists))))
			if err != nil {
				t.Fatal(err)
			}
			var got struct {
				Scaling json.RawMessage `json:"rope_scaling"`
			}
			if err := json.Unmarshal(config, &got); err != nil {
				t.Fatal(err)
			}
			if text := strings.Join(strings.Fields(string(got.Scaling)), ""); text != c.want {
				t.Errorf("rope_scaling (-want +got):\n%s", cmp.Diff(c.want, text))
			}
			if _, err := arch.Config(config); err != nil {
				t.Errorf("%s: %v", config, err)
			}
		})
	}
}

// TestGGUFNotUnderstood checks that metadata of the architecture that would
// change the model and is not read is refused by name, and none else.
func TestGGUFNotUnderstood(t *testing.T) {
	const s = "llama.rope.scaling."
	type meta = map[string]any
	type lists = map[string][2]float32
	for _, c := range []struct {
		meta
		lists
		want string // none if it is harmless
	}{
		{meta{"llama.logit_scale": ggufFloat(0.5)}, nil, `"llama.logit_scale" = 0.5, which is not supported`},
		{meta{"llama.logit_scale": ggufFloat(1), "llama.residual_scale": ggufFloat(0)}, nil, ""},
		{meta{"llama.attention.scale": ggufFloat(0.2)}, nil, "llama.attention.scale"},
		{meta{"llama.attention.scale": ggufFloat(0.5)}, nil, ""}, // 1/√4
		{meta{"llama.attention.clamp_kqv": ggufFloat(8)}, nil, "llama.attention.clamp_kqv"},
		{meta{"llama.attention.causal": ggufBool(0)}, nil, `"llama.attention.causal" = false`},
		{meta{"llama.attention.causal": ggufBool(1)}, nil, ""},
		{meta{"llama.attention.sliding_window": 8}, nil, `"llama.attention.sliding_window" = 8`},
		{meta{"llama.attention.sliding_window": 16}, nil, ""},
		{meta{"llama.attention.value_length": 8}, nil, "llama.attention.value_length"},
		{meta{"llama.attention.value_length": 4, "llama.attention.key_length": 4, "llama.rope.dimension_count": 4, "llama.vocab_size": 2}, nil, ""},
		{meta{"llama.rope.dimension_count": 2}, nil, `"llama.rope.dimension_count" = 2`},
		{meta{"llama.rope.dimension_sections": binary.LittleEndian.AppendUint64([]byte{9, 0, 0, 0, 4, 0, 0, 0}, 0)}, nil, "an array of 0"},
		{meta{"llama.rope.freq_base_swa": ggufFloat(100)}, nil, "llama.rope.freq_base_swa"},
		{meta{"llama.rope.freq_base": "10000"}, nil, "no number"},
		{meta{"llama.rope.freq_base": ggufFloat(float32(math.NaN()))}, nil, "impossible"},
		{meta{"llama.rope.freq_base": 10000}, nil, ""},
		{meta{"llama.tensor_data_layout": "Meta AI original pth"}, nil, ""},
		{meta{"llama.tensor_data_layout": "reference"}, nil, "llama.tensor_data_layout"},
		{meta{"llama.something.new": 1}, nil, "llama.something.new"},
		{meta{"mistral.logit_scale": ggufFloat(0.5), "general.something": 1}, nil, ""},
		{meta{s + "type": "yarn"}, nil, "yarn and lacks the metadata"},
		{meta{s + "type": "yarn", s + "factor": ggufFloat(0.5)}, nil, "below 1"},
		{meta{s + "type": "yarn", s + "factor": ggufFloat(2), s + "yarn_ext_factor": ggufFloat(0)}, nil, "yarn_ext_factor"},
		{meta{s + "type": "yarn", s + "factor": ggufFloat(2), s + "yarn_ext_factor": ggufFloat(-1)}, nil, ""},
		{meta{s + "type": "yarn", s + "factor": ggufFloat(2), s + "yarn_log_multiplier": ggufFloat(0.1)}, nil, "yarn_log_multiplier"},
		{meta{s + "type": "yarn", s + "factor": ggufFloat(2), s + "yarn_beta_fast": ggufFloat(-2)}, nil, "yarn_beta_fast"},
		{meta{s + "type": "dynamic"}, nil, "the method dynamic"},
		{meta{s + "type": 3}, nil, "the method 3"},
		{meta{s + "factor": "2"}, nil, "no number"},
		{meta{s + "factor": ggufFloat(2), s + "attn_factor": ggufFloat(0.5)}, nil, "attn_factor"},
		{meta{s + "type": "longrope"}, nil, "two lists of divisors"},
		{meta{s + "type": "longrope", s + "factor": ggufFloat(2)}, lists{llamacpp.Short: {1, 1}, llamacpp.Long: {1, 2}}, "two lists of divisors"},
		{nil, lists{llamacpp.Short: {1, 1}, llamacpp.Long: {1, 2}}, "divisors of short and long sequences"},
		{meta{s + "factor": ggufFloat(2)}, lists{llamacpp.Freqs: {1, 2}}, "rope_freqs.weight beside"},
		{nil, lists{llamacpp.Freqs: {1, -2}}, "divides a frequency by -2"},
	} {
		_, _, err := readGGUF(inMemory("f", []byte(ggufWith(c.meta, c.lists))))
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%v: %v", c.meta, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n")):
			t.Errorf("%v: %v, want one line with %q", c.meta, err, c.want)
		}
	}
}
