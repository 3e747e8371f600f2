package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sparsellm/inspect"
)

// zerosOf returns how many zeros a model's matrices have, by tensor.
func zerosOf(t *testing.T, model string) map[string]float64 {
	t.Helper()
	var m inspect.Model
	if err := json.Unmarshal([]byte(must(t, "inspect", "--json", "-", model)), &m); err != nil {
		t.Fatal(err)
	}
	zeros := map[string]float64{}
	for _, x := range m.Tensors {
		zeros[x.Name] = x.Sparsity
	}
	return zeros
}

// TestConvert prunes a model, writes it for llama.cpp in every format, and finds
// its zeros in all.
func TestConvert(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	args := pruneArgs(micro("llama-micro"), out, "--pattern=2:4", "--to", "gguf-q8_0", "--quiet=false")
	if o := sparse(args...); o.code != exitOK || !strings.Contains(o.err, "wrote "+filepath.Join(out, "model-q8_0.gguf")) {
		t.Fatalf("exit code %d: %s", o.code, o.err)
	}
	want := zerosOf(t, out)
	file := filepath.Join(t.TempDir(), "x.gguf")
	for _, format := range []string{"gguf", "gguf-f16", "gguf-bf16", "gguf-f32", "gguf-q8_0", "gguf-q4_0"} {
		must(t, "convert", out, "--to", format, "--out", file, "--force")
		got := zerosOf(t, file)
		for name, zeros := range want {
			// Rounding makes further zeros, and loses none.
			if got[name] < zeros || strings.HasSuffix(format, "f32") && got[name] != zeros {
				t.Errorf("%s: %s has %v zeros, want %v", format, name, got[name], zeros)
			}
		}
		if format == "gguf-q8_0" {
			if string(read(t, file)) == "" || len(read(t, file)) != len(read(t, filepath.Join(out, "model-q8_0.gguf"))) {
				t.Error("prune and convert write other files")
			}
		}
	}

	// A run that is complete but for the file makes that alone.
	again := append(args, "--resume")
	if err := os.Remove(filepath.Join(out, "model-q8_0.gguf")); err != nil {
		t.Fatal(err)
	}
	if o := sparse(again...); o.code != exitOK || !strings.Contains(o.err, "wrote ") || !strings.Contains(o.out, "complete already") {
		t.Errorf("exit code %d: %s%s", o.code, o.out, o.err)
	}
	if o := sparse(again...); o.code != exitOK || strings.Contains(o.err, "wrote ") {
		t.Errorf("exit code %d: %s%s", o.code, o.out, o.err)
	}
}

func TestConvertRefused(t *testing.T) {
	dir := t.TempDir()
	there := write(t, filepath.Join(dir, "there.gguf"), "mine")
	llama := micro("llama-micro")
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"convert"}, exitUsage, "the model's folder is missing"},
		{[]string{"convert", llama, "more"}, exitUsage, `"more"`},
		{[]string{"convert", llama}, exitUsage, "--out is missing"},
		{[]string{"convert", llama, "--out", filepath.Join(dir, "x"), "--to", "gguf-q5"}, exitUsage, "--to gguf-q5 is none of gguf, gguf-f32"},
		{[]string{"convert", llama, "--out", there}, exitFailed, "is there already; --force"},
		{[]string{"convert", llama, "--out", dir}, exitFailed, "is a folder: --out is the file"},
		{[]string{"convert", llama, "--out", filepath.Join(dir, "no", "x.gguf")}, exitFailed, "no"},
		{[]string{"convert", llama, "--out", filepath.Join(dir, "x"), "--tokenizer", filepath.Join(dir)}, exitFailed, "there is none in"},
		{[]string{"convert", llama, "--out", filepath.Join(dir, "x"), "--tokenizer", there}, exitFailed, "there.gguf is no GGUF file"},
		{[]string{"convert", micro("opt-micro"), "--out", filepath.Join(dir, "x")}, exitFailed, `llama.cpp has no models of the model_type "opt"`},
		{pruneArgs(micro("opt-micro"), filepath.Join(dir, "out"), "--to", "gguf"), exitFailed, `cannot be written as gguf`},
		{pruneArgs(llama, filepath.Join(dir, "out"), "--to", "onnx"), exitUsage, "--to onnx is none of"},
	} {
		if o := sparse(c.args...); o.code != c.code || !strings.Contains(o.err, c.want) || strings.Count(o.err, "\n") > 1 {
			t.Errorf("%q: exit code %d: %s, want %d and %q", c.args, o.code, o.err, c.code, c.want)
		}
	}
	if string(read(t, there)) != "mine" {
		t.Error("the file that was there has changed")
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("%v were left", left)
	}
}
