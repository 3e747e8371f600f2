package tokenizer

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sharedTokenizer returns a folder of ../shared/tokenizers, or skips.
func sharedTokenizer(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join("../../shared/tokenizers", name)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("%s is not there", dir)
	}
	return dir
}

// TestToGGUF writes tokenizers and compares what is read back with them.
func TestToGGUF(t *testing.T) {
	for _, c := range []struct{ name, model, pre string }{
		{"opt", "gpt2", "gpt-2"}, {"smollm2", "gpt2", "smollm"}, {"llama2", "llama", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := sharedTokenizer(t, c.name)
			const rows = 50272
			g, err := ToGGUF(dir, "llama", rows)
			if err != nil {
				t.Fatal(err)
			}
			if g.Model != c.model || g.Pre != c.pre || len(g.Tokens) != rows || len(g.Types) != rows {
				t.Errorf("it is %q, %q with %d tokens and %d types", g.Model, g.Pre, len(g.Tokens), len(g.Types))
			}
			want, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			got, err := fromGGUF(&g)
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range append([]string{"<s>[INST] x </s> <|im_start|>user\n<|endoftext|>", strings.Repeat("ab 12\n", 200)}, probes...) {
				for _, special := range []bool{false, true} {
					a, err1 := want.Encode(text, special)
					b, err2 := got.Encode(text, special)
					if err1 != nil || err2 != nil || !slices.Equal(a, b) {
						t.Errorf("%q: %v, want %v (%v, %v)", text, b, a, err1, err2)
					}
				}
			}
			if _, err := ToGGUF(dir, "llama", 1000); err == nil || !strings.Contains(err.Error(), "word embeddings for 1000") {
				t.Errorf("too few rows: %v", err)
			}
		})
	}
	if _, err := ToGGUF(t.TempDir(), "llama", 10); !errors.Is(err, ErrNone) {
		t.Errorf("nothing there: %v", err)
	}
}

// TestToGGUFUnknown wants a tokenizer refused that llama.cpp would take for
// another.
func TestToGGUFUnknown(t *testing.T) {
	dir := t.TempDir()
	const file = `{"version":"1.0","added_tokens":[],"normalizer":null,
		"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"[a-m]+|."},"behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]},
		"post_processor":null,"decoder":{"type":"ByteLevel"},
		"model":{"type":"BPE","vocab":{"l":0,"o":1,"lo":2,"x":3},"merges":["l o"]}}`
	if err := os.WriteFile(filepath.Join(dir, "tokenizer.json"), []byte(file), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ToGGUF(dir, "llama", 4); err == nil || !strings.Contains(err.Error(), "none that llama.cpp has") {
		t.Errorf("%v", err)
	}
}
