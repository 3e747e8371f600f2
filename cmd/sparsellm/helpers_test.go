package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// micro returns the folder of a built-in model.
func micro(name string) string { return filepath.Join("..", "..", "testdata", name) }

// outcome is what a command line came to.
type outcome struct {
	code     int
	out, err string
}

// sparse runs a command line with nothing on standard input.
func sparse(args ...string) outcome { return sparseOn("", args...) }

func sparseOn(in string, args ...string) outcome {
	var out, errw bytes.Buffer
	code := run(context.Background(), args, strings.NewReader(in), &out, &errw)
	return outcome{code, out.String(), errw.String()}
}

// must runs a command line that has to succeed and returns its output.
func must(t *testing.T, args ...string) string {
	t.Helper()
	o := sparse(args...)
	if o.code != exitOK {
		t.Fatalf("sparsellm %s: exit code %d: %s", strings.Join(args, " "), o.code, o.err)
	}
	return o.out
}

// pruneArgs is a quick run of prune on a built-in model, and more.
func pruneArgs(model, out string, more ...string) []string {
	return append([]string{
		"prune", "--model", model, "--out", out, "--calib", filepath.Join(micro("opt-micro"), "calib.rows.json"),
		"--nsamples", "4", "--seqlen", "32", "--epochs", "2", "--quiet",
	}, more...)
}

// copyModel copies a built-in model to a folder that a test may damage.
func copyModel(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(micro(name))); err != nil {
		t.Fatal(err)
	}
	return dir
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func readJSON(t *testing.T, path string, v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(read(t, path)))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// stored is a tensor in the bytes of a safetensors file.
type stored struct {
	DType   string   `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
	data    []byte
}

// tensors reads a safetensors file independently of the package that wrote it.
func tensors(t *testing.T, file []byte) map[string]stored {
	t.Helper()
	n := binary.LittleEndian.Uint64(file)
	var header map[string]json.RawMessage
	if err := json.Unmarshal(file[8:8+n], &header); err != nil {
		t.Fatal(err)
	}
	delete(header, "__metadata__")
	all := map[string]stored{}
	for name, text := range header {
		var s stored
		if err := json.Unmarshal(text, &s); err != nil {
			t.Fatal(err)
		}
		s.data = file[8+n:][s.Offsets[0]:s.Offsets[1]]
		all[name] = s
	}
	return all
}
