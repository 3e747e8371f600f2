package checkpoint

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// ggufHeads are what files of all architectures have before the values.
func ggufHeads(t testing.TB) [][]byte {
	t.Helper()
	dirs, err := filepath.Glob("../testdata/today/*/config.json")
	if err != nil || len(dirs) == 0 {
		t.Fatal("there are no models")
	}
	var heads [][]byte
	for _, config := range dirs {
		c, err := Open(filepath.Dir(config))
		if err != nil {
			t.Fatal(err)
		}
		g, err := c.ggufPlan(GGUFOptions{Values: "q4_0"})
		if err == nil {
			heads = append(heads, g.head)
		}
		c.Close()
	}
	return heads
}

// TestGGUFHeads checks that each says what it was made of.
func TestGGUFHeads(t *testing.T) {
	heads := ggufHeads(t)
	if len(heads) < 14 {
		t.Errorf("%d files only", len(heads))
	}
	for _, head := range heads {
		s, config, err := readGGUF(inMemory("f", append(head, make([]byte, 1<<20)...)))
		if err != nil {
			t.Fatal(err)
		}
		var c struct {
			Type string `json:"model_type"`
		}
		if err := json.Unmarshal(config, &c); err != nil || c.Type == "" || len(s.tensors) < 20 {
			t.Errorf("%s: %d tensors, %v", config, len(s.tensors), err)
		}
	}
}

// written writes a model of testdata/today whose config.json has been changed,
// and opens the file.
func written(t *testing.T, model string, change map[string]any, opt GGUFOptions) ([]string, *Checkpoint, error) {
	t.Helper()
	b, err := os.ReadFile("../testdata/today/" + model + "/config.json")
	if err != nil {
		t.Fatal(err)
	}
	var config map[string]any
	if err := json.Unmarshal(b, &config); err != nil {
		t.Fatal(err)
	}
	for k, v := range change {
		config[k] = v
	}
	if b, err = json.Marshal(config); err != nil {
		t.Fatal(err)
	}
	weights, err := os.ReadFile("../testdata/today/" + model + "/model.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t, map[string]string{"config.json": string(b), "model.safetensors": string(weights)})
	src, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	path := filepath.Join(dir, "x.gguf")
	remarks, err := src.WriteGGUF(context.Background(), path, opt)
	if err != nil {
		return nil, nil, err
	}
	back, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { back.Close() })
	return remarks, back, nil
}

// TestWriteGGUFRope writes every way to scale rotary positions that GGUF has, and
// refuses the one that it has not.
func TestWriteGGUFRope(t *testing.T) {
	f32 := GGUFOptions{Values: "f32"}
	list := func(n int, x float64) []float64 {
		l := make([]float64, n)
		for i := range l {
			l[i] = x + float64(i)
		}
		return l
	}
	for _, c := range []struct {
		model   string
		scaling map[string]any
		want    string // of what the file's config has, or of the error
	}{
		{"qwen3", map[string]any{"rope_type": "linear", "factor": 4.0}, `"rope_type": "linear"`},
		{"qwen3", map[string]any{"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64}, `"rope_type": "yarn"`},
		{"qwen3", map[string]any{"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64, "attention_factor": 1.5}, `"attention_factor": 1.4999`},
		{"granite", map[string]any{"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}, `"rope_type": "llama3"`},
		{"granite", map[string]any{"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 2.0, "original_max_position_embeddings": 64}, `"rope_type": "longrope"`},
		{"phi3", map[string]any{"rope_type": "longrope", "short_factor": list(4, 1), "long_factor": list(4, 2), "original_max_position_embeddings": 64}, `"rope_type": "longrope"`},
		{"qwen3", map[string]any{"rope_type": "dynamic", "factor": 2.0}, "the method dynamic have no place"},
	} {
		t.Run(fmt.Sprint(c.scaling["rope_type"]), func(t *testing.T) {
			change := map[string]any{"rope_scaling": c.scaling, "rope_parameters": nil, "rope_theta": 500000.0}
			if c.model == "phi3" {
				change["original_max_position_embeddings"] = 64
			}
			_, back, err := written(t, c.model, change, f32)
			said := fmt.Sprint(err)
			if err == nil {
				said = string(back.Config())
			}
			if !strings.Contains(said, c.want) {
				t.Errorf("%s, want %q", said, c.want)
			}
		})
	}
}

// TestWriteGGUFKinds looks at the types that tensors get.
func TestWriteGGUFKinds(t *testing.T) {
	src, err := Open("../testdata/today/mixtral")
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	g, err := src.ggufPlan(GGUFOptions{Values: "q4_0"})
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]ggmlType{}
	for _, x := range g.tensors {
		kinds[x.name] = x.kind
	}
	for name, want := range map[string]ggmlType{
		"token_embd.weight": 2, "output.weight": 8, "output_norm.weight": 0, "blk.1.attn_q.weight": 2, "blk.1.ffn_gate_inp.weight": 0,
		"blk.1.ffn_up_exps.weight": 2, "blk.1.ffn_down_exps.weight": 1, // 88 wide
	} {
		if got, ok := kinds[name]; !ok || got != want {
			t.Errorf("%s is stored as %v, %v, want %v", name, got, ok, want)
		}
	}
}

// TestWriteGGUFWindow wants a remark of a window that llama.cpp passes over.
func TestWriteGGUFWindow(t *testing.T) {
	remarks, _, err := written(t, "qwen3", map[string]any{"use_sliding_window": true, "sliding_window": 16, "max_window_layers": 1, "layer_types": nil}, GGUFOptions{Values: "f16"})
	if err != nil || len(remarks) != 1 || !strings.Contains(remarks[0], "this one the last 16") {
		t.Errorf("%q, %v", remarks, err)
	}
}

// TestWriteGGUFValues wants values refused that the type cannot hold.
func TestWriteGGUFValues(t *testing.T) {
	for kind, most := range map[ggmlType]float32{0: 3e38, 1: 65504, 2: 8 * 65504, 8: 127 * 65504, 30: 3e38} {
		x := make([]float32, 32)
		x[3] = most
		out := &ggufOutTensor{ggufTensor: ggufTensor{kind: kind}}
		if _, err := out.encode(make([]byte, 256), x); err != nil {
			t.Errorf("%v: %v", kind, err)
		}
		if x[3] *= 1.01; kind == 0 || kind == 30 {
			continue
		}
		if _, err := out.encode(make([]byte, 256), x); err == nil || !strings.Contains(err.Error(), "beyond the range") {
			t.Errorf("%v: %v", kind, err)
		}
	}
}
