package arch_test

import (
	"context"
	"encoding/json"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sparsellm/checkpoint"
)

// TestConverted reads what llama.cpp's own script made of the models of
// testdata/today: SPARSELLM_GGUF_TODAY is the folder of testdata/gguf_today.py.
func TestConverted(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(os.Getenv("SPARSELLM_GGUF_TODAY"), "*.gguf"))
	if len(files) == 0 {
		t.Skip("SPARSELLM_GGUF_TODAY is not set")
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".gguf")
		t.Run(name, func(t *testing.T) {
			rows := "../testdata/today/" + name
			dir := strings.TrimSuffix(file, ".gguf") // with another config.json
			if _, err := os.Stat(dir); err != nil {
				dir = rows
			}
			// The file rounds to float32 some forty times, one after another: numbers
			// of the config, and, of Gemma, what norms are with the 1 that is added.
			if d := lossOf[float64](t, file, rows) - lossOf[float64](t, dir, rows); !(math.Abs(d) < 40*0x1p-24) {
				t.Errorf("the log-likelihood is off by %.1e", d)
			}
		})
	}
}

// sayable are changes of config.json that make llama.cpp able to run a model:
// these things are written into its code.
var sayable = map[string]map[string]any{
	"gemma2":  {"query_pre_attn_scalar": 16},
	"gemma3":  {"query_pre_attn_scalar": 16},
	"smollm3": {"no_rope_layers": []int{1, 1, 1}},
}

// sayableModel returns the folder of a model, or a copy of it, of which a GGUF
// file can be written.
func sayableModel(t *testing.T, from string) string {
	t.Helper()
	change := sayable[filepath.Base(from)]
	if change == nil {
		return from
	}
	dir := t.TempDir()
	for _, file := range []string{"config.json", "model.safetensors"} {
		b, err := os.ReadFile(filepath.Join(from, file))
		if err != nil {
			t.Fatal(err)
		}
		if file == "config.json" {
			var config map[string]any
			if err := json.Unmarshal(b, &config); err != nil {
				t.Fatal(err)
			}
			maps.Copy(config, change)
			if b, err = json.Marshal(config); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, file), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestWritten writes the models of testdata/today as GGUF files and reads them.
func TestWritten(t *testing.T) {
	dirs, _ := filepath.Glob("../testdata/today/*/config.json")
	kinds, _ := filepath.Glob("testdata/kinds/*/config.json")
	if dirs = append(dirs, kinds...); len(dirs) == len(kinds) || len(kinds) == 0 {
		t.Fatal("there are no models")
	}
	out := os.Getenv("SPARSELLM_GGUF_OUT") // to keep the files, for llama.cpp
	if out == "" {
		out = t.TempDir()
	}
	for _, config := range dirs {
		name := filepath.Base(filepath.Dir(config))
		rows := filepath.Dir(config)
		t.Run(name, func(t *testing.T) {
			dir := sayableModel(t, rows)
			src, err := checkpoint.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer src.Close()
			if words := unsayable[name]; words != "" {
				err := src.CheckGGUF(checkpoint.GGUFOptions{Values: "f16"})
				if err == nil || !strings.Contains(err.Error(), words) {
					t.Errorf("%v, want %q", err, words)
				}
				return
			}
			want := lossOf[float64](t, dir, rows)
			for _, values := range checkpoint.GGUFValues() {
				path := filepath.Join(out, name+"-"+values+".gguf")
				opt := checkpoint.GGUFOptions{Values: values, Force: true, Metadata: map[string]any{"tokenizer.ggml.model": "no_vocab"}}
				if remarks, err := src.WriteGGUF(context.Background(), path, opt); err != nil || len(remarks) > 0 {
					t.Fatal(remarks, err)
				}
				// Rounding to float32 as in TestConverted; to b bits it moves each of some
				// forty sums in turn by 2^-b of what it is.
				tolerance := 40 * map[string]float64{"f32": 0x1p-24, "f16": 0x1p-11, "bf16": 0x1p-8, "q8_0": 0x1p-8, "q4_0": 0x1p-4}[values]
				d := lossOf[float64](t, path, rows) - want
				t.Logf("%s is off by %.1e", values, d)
				if !(math.Abs(d) < tolerance) {
					t.Errorf("%s: the log-likelihood is off by %.1e", values, d)
				}
			}
		})
	}
}

// unsayable are kinds of models that llama.cpp would run otherwise.
var unsayable = map[string]string{
	"gemma-silu":        "no way to say Config.Activation (silu and",
	"gemma3_text-ropes": "no way to say Attention.Scale",
	"gpt2-by-layer":     "no way to say Attention.Scale",
	"lfm2-conv-bias":    "no way to say Convolution.In.Bias",
	"olmoe-bias-clip":   "have no biases after attention",
	"phi-qk-norm":       "no way to say Attention.QNorm",
	"qwen3_moe-step":    "none in block 0",
	"smollm3-window":    "no way to say Attention.Rope of block 1",
	"within-gemma3":     "no way to say Attention.Scale",
}

// TestUnsayable wants models refused that llama.cpp would run otherwise.
func TestUnsayable(t *testing.T) {
	for name, want := range map[string]string{
		"gemma2":  "no way to say Attention.Scale (0.204",
		"gemma3":  "no way to say Attention.Scale (0.204",
		"smollm3": "no way to say Attention.Rope of block 1",
	} {
		src, err := checkpoint.Open("../testdata/today/" + name)
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		path := filepath.Join(t.TempDir(), "x.gguf")
		_, err = src.WriteGGUF(context.Background(), path, checkpoint.GGUFOptions{Values: "f16"})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s: a file was left", name)
		}
	}
}
