package arch

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// tensorsOf is a Stored with tensors of zeros, but for the first element.
type tensorsOf struct {
	shapes map[string][]int
	first  map[string]float32
	check  error
}

func (s *tensorsOf) Check() error { return s.check }

func (s *tensorsOf) Names() (names []string) {
	for name := range s.shapes {
		names = append(names, name)
	}
	return names
}

func (s *tensorsOf) Shape(name string) ([]int, bool) { shape, ok := s.shapes[name]; return shape, ok }

func (s *tensorsOf) Equal(a, b string) (bool, error) {
	return slices.Equal(s.shapes[a], s.shapes[b]) && s.first[a] == s.first[b], nil
}

func (s *tensorsOf) ReadFloat32(name string, dst []float32) error {
	clear(dst)
	dst[0] = s.first[name]
	return nil
}

func (s *tensorsOf) ReadFloat64(string, []float64) error { return errors.New("not this type") }

// tinyLlama has two blocks.
func tinyLlama(tied bool) (config string, s *tensorsOf) {
	s = &tensorsOf{shapes: map[string][]int{}, first: map[string]float32{}}
	put := func(name string, shape ...int) { s.shapes[name] = shape }
	put("model.embed_tokens.weight", 5, 4)
	put("model.norm.weight", 4)
	for i := range 2 {
		p := fmt.Sprintf("model.layers.%d.", i)
		for _, n := range []string{"q", "k", "v", "o"} {
			put(p+"self_attn."+n+"_proj.weight", 4, 4)
		}
		put(p+"mlp.gate_proj.weight", 6, 4)
		put(p+"mlp.up_proj.weight", 6, 4)
		put(p+"mlp.down_proj.weight", 4, 6)
		put(p+"input_layernorm.weight", 4)
		put(p+"post_attention_layernorm.weight", 4)
	}
	return fmt.Sprintf(`{"model_type":"llama","hidden_size":4,"intermediate_size":6,"num_hidden_layers":2,"num_attention_heads":2,"vocab_size":5,"rms_norm_eps":1e-5,"tie_word_embeddings":%v}`, tied), s
}

func TestReview(t *testing.T) {
	for name, c := range map[string]struct {
		tied   bool
		change func(*tensorsOf)
		blocks string // in the config, for 2
		still  bool
		want   []string // a part of each remark
	}{
		"tied":               {true, nil, "", true, nil},
		"untied":             {false, func(s *tensorsOf) { s.shapes["lm_head.weight"] = []int{5, 4} }, "", false, nil},
		"tied, equal":        {true, func(s *tensorsOf) { s.shapes["lm_head.weight"] = []int{5, 4} }, "", true, nil},
		"tied, another head": {true, func(s *tensorsOf) { s.shapes["lm_head.weight"] = []int{5, 4}; s.first["lm_head.weight"] = 1 }, "", false, []string{"lm_head.weight is not the embedding"}},
		"tied, head alone": {true, func(s *tensorsOf) {
			s.shapes["lm_head.weight"] = []int{5, 4}
			delete(s.shapes, "model.embed_tokens.weight")
		}, "", true, []string{"there are no word embeddings: lm_head.weight"}},
		"fewer blocks": {true, nil, "1", true, []string{"of blocks beyond the 1 of config.json: model.layers.1.input_layernorm.weight and 8 more tensors"}},
		"a bias without a setting": {true, func(s *tensorsOf) { s.shapes["model.layers.0.self_attn.q_proj.bias"] = []int{4} }, "", true,
			[]string{"no part of the model that config.json describes: model.layers.0.self_attn.q_proj.bias"}},
		"what older versions saved": {true, func(s *tensorsOf) { s.shapes["model.layers.0.self_attn.rotary_emb.inv_freq"] = []int{1} }, "", true, nil},
		"both":                      {true, func(s *tensorsOf) { s.shapes["x"], s.shapes["y"] = []int{4}, []int{4} }, "1", true, []string{"beyond the 1", ": x and 1 more"}},
		"bare names": {true, func(s *tensorsOf) { // as a Source that finds them with and without "model."
			s.shapes["norm.weight"] = []int{4}
		}, "", true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			config, s := tinyLlama(c.tied)
			if c.change != nil {
				c.change(s)
			}
			if c.blocks != "" {
				config = strings.Replace(config, `"num_hidden_layers":2`, `"num_hidden_layers":`+c.blocks, 1)
			}
			cfg, remarks, err := Review([]byte(config), s)
			if err != nil {
				t.Fatal(err)
			}
			if cfg.Tied != c.still {
				t.Errorf("tied: %v", cfg.Tied)
			}
			if len(remarks) != len(c.want) {
				t.Fatalf("remarks %q, want %q", remarks, c.want)
			}
			for i, want := range c.want {
				if !strings.Contains(remarks[i], want) || strings.Contains(remarks[i], "\n") {
					t.Errorf("%q, want %q", remarks[i], want)
				}
			}
		})
	}
	config, s := tinyLlama(true)
	s.check = errors.New("the weights are quantised")
	if _, _, err := Review([]byte(config), s); !errors.Is(err, s.check) {
		t.Errorf("%v", err)
	}
	if _, err := Open[float32]([]byte(config), s); !errors.Is(err, s.check) {
		t.Errorf("%v", err)
	}
}
