package checkpoint

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ggufTexts is a list of texts, with its type first.
func ggufTexts(all ...string) []byte {
	le := binary.LittleEndian
	b := le.AppendUint64(le.AppendUint32(le.AppendUint32(nil, ggufList), ggufString), uint64(len(all)))
	for _, s := range all {
		b = append(le.AppendUint64(b, uint64(len(s))), s...)
	}
	return b
}

func TestVocabulary(t *testing.T) {
	le := binary.LittleEndian
	types := le.AppendUint64(le.AppendUint32(le.AppendUint32(nil, ggufList), 5), 2)
	types = le.AppendUint32(le.AppendUint32(types, 3), 0xffffffff)
	meta := map[string]any{
		"general.architecture": "none known", "mamba.x": 7, "tokenizer.ggml.model": "llama", "tokenizer.ggml.tokens": ggufTexts("a", "▁"),
		"tokenizer.ggml.token_type": types, "tokenizer.ggml.bos_token_id": 1, "tokenizer.ggml.add_bos_token": ggufBool(1),
	}
	file := ggufFile(meta, nil, 0)
	path := filepath.Join(t.TempDir(), "x.gguf")
	must(t, os.WriteFile(path, []byte(file), 0o644))
	got, err := ReadVocabulary(path)
	must(t, err)
	want := map[string]any{
		"general.architecture": "none known", "tokenizer.ggml.model": "llama", "tokenizer.ggml.tokens": []string{"a", "▁"},
		"tokenizer.ggml.token_type": []float64{3, -1}, "tokenizer.ggml.bos_token_id": uint64(1), "tokenizer.ggml.add_bos_token": true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, bad := range map[string]string{"cut": file[:150], "long list": strings.Replace(file, "\x02\x00\x00\x00\x00\x00\x00\x00\x01\x00", "\xff\xff\xff\xff\x00\x00\x00\x00\x01\x00", 1), "other": "x"} {
		if _, err := inMemory("f", []byte(bad)).vocabulary(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestBeside wants files that are made to go along, in the place of those of the
// model's folder.
func TestBeside(t *testing.T) {
	in, err := Open(talker(t, map[string]string{"tokenizer_config.json": "{}", "generation_config.json": "{}"}))
	must(t, err)
	defer in.Close()
	dir := filepath.Join(t.TempDir(), "out")
	w, err := Create(in, dir, Options{Beside: map[string][]byte{"tokenizer.json": []byte("made"), "tokenizer_config.json": []byte("too")}})
	must(t, err)
	must(t, w.Commit())
	for name, want := range map[string]string{"tokenizer.json": "made", "tokenizer_config.json": "too", "generation_config.json": "{}"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s is %q (%v), want %q", name, got, err, want)
		}
	}
}
