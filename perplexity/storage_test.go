package perplexity_test

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sparsellm/checkpoint"
)

// TestStorage evaluates the forms in which one model can be stored: rounding
// to half precision apart, they are the same model.
func TestStorage(t *testing.T) {
	forms := map[string]func(t *testing.T, name string) string{}
	for _, dtype := range []checkpoint.DType{checkpoint.F64, checkpoint.F32, checkpoint.F16, checkpoint.BF16} {
		forms[dtype.String()] = func(t *testing.T, name string) string { return converted(t, name, dtype) }
	}
	forms["GGUF"] = asGGUF
	for _, variant := range []string{"opt-micro-noprefix", "opt-micro-torch-bin", "opt-micro-torch-bin-sharded", "llama-micro-bf16-sharded"} {
		forms[variant] = func(t *testing.T, name string) string {
			if !strings.HasPrefix(variant, name) {
				t.Skip("is another model's")
			}
			dir := shared + "/models/variants/" + variant
			if _, err := os.Stat(dir); err != nil {
				t.Skipf("no such model on this machine: %v", err)
			}
			return dir
		}
	}
	for _, name := range []string{"opt-micro", "llama-micro"} {
		rows := readRows(t, "../testdata/"+name+"/test.rows.json", 32, 64)
		want := of[float32](t, "../testdata/"+name, rows)
		for form, folder := range forms {
			t.Run(name+"/"+form, func(t *testing.T) {
				rounding := 0.0 // of a weight, relative
				switch {
				case form == "F16" || strings.Contains(form, "torch-bin"):
					rounding = 0x1p-11
				case strings.Contains(strings.ToLower(form), "bf16"):
					rounding = 0x1p-8
				}
				d := of[float32](t, folder(t, name), rows)/want - 1
				t.Logf("perplexity differs by %.1e", d)
				if !(math.Abs(d) <= rounding) {
					t.Errorf("perplexity differs by %.1e", d)
				}
			})
		}
	}
}

// converted writes a built-in model in another dtype.
func converted(t *testing.T, name string, dtype checkpoint.DType) string {
	t.Helper()
	in, err := checkpoint.Open("../testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	dir := filepath.Join(t.TempDir(), "out")
	w, err := checkpoint.Create(in, dir, checkpoint.Options{DType: dtype})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// asGGUF writes llama-micro as llama.cpp has it, in float32.
func asGGUF(t *testing.T, name string) string {
	t.Helper()
	if name != "llama-micro" {
		t.Skip("is put together of LLaMA alone")
	}
	in, err := checkpoint.Open("../testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	le := binary.LittleEndian
	text := func(b []byte, s string) []byte { return append(le.AppendUint64(b, uint64(len(s))), s...) }
	head := le.AppendUint64(le.AppendUint32([]byte("GGUF"), 3), uint64(len(in.Names())))
	head = le.AppendUint64(head, 8)
	head = text(le.AppendUint32(text(head, "general.architecture"), 8), "llama")
	for _, m := range []struct {
		key   string
		value uint32
	}{
		{"block_count", 2}, {"embedding_length", 32}, {"context_length", 128}, {"feed_forward_length", 96},
		{"attention.head_count", 4}, {"attention.head_count_kv", 2},
	} {
		head = le.AppendUint32(le.AppendUint32(text(head, "llama."+m.key), 4), m.value)
	}
	head = le.AppendUint32(le.AppendUint32(text(head, "llama.attention.layer_norm_rms_epsilon"), 6), math.Float32bits(1e-5))

	names := strings.NewReplacer(
		"model.embed_tokens", "token_embd", "model.norm", "output_norm", "lm_head", "output", "model.layers", "blk",
		"input_layernorm", "attn_norm", "post_attention_layernorm", "ffn_norm",
		"self_attn.q_proj", "attn_q", "self_attn.k_proj", "attn_k", "self_attn.v_proj", "attn_v", "self_attn.o_proj", "attn_output",
		"mlp.gate_proj", "ffn_gate", "mlp.up_proj", "ffn_up", "mlp.down_proj", "ffn_down",
	)
	var data []byte
	for _, name := range in.Names() {
		shape, _ := in.Shape(name)
		rows, cols := 1, shape[0]
		head = le.AppendUint32(text(head, names.Replace(name)), uint32(len(shape)))
		if len(shape) == 2 {
			rows, cols = shape[0], shape[1]
			head = le.AppendUint64(le.AppendUint64(head, uint64(cols)), uint64(rows))
		} else {
			head = le.AppendUint64(head, uint64(cols))
		}
		head = le.AppendUint64(le.AppendUint32(head, 0), uint64(len(data)))
		x := make([]float32, rows*cols)
		if err := in.ReadFloat32(name, x); err != nil {
			t.Fatal(err)
		}
		for r := range rows {
			from := r
			if strings.Contains(name, "q_proj") || strings.Contains(name, "k_proj") {
				const dim = 8 // of a head, whose halves llama.cpp interleaves
				from = r/dim*dim + r%2*dim/2 + r%dim/2
			}
			for _, v := range x[from*cols:][:cols] {
				data = le.AppendUint32(data, math.Float32bits(v))
			}
		}
		for len(data)%32 != 0 {
			data = append(data, 0)
		}
	}
	for len(head)%32 != 0 {
		head = append(head, 0)
	}
	path := filepath.Join(t.TempDir(), "model.gguf")
	if err := os.WriteFile(path, append(head, data...), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
