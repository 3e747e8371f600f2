package tokenizer

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestGGUFPieces compares models of SentencePiece in a GGUF with what
// transformers 5.24.0 makes of them.
func TestGGUFPieces(t *testing.T) {
	var c struct {
		Texts []string
		Cases []struct {
			Architecture, Model string
			Tokens              []string
			Scores              []float32
			Types               []int32 `json:"token_type"`
			IDs                 [][]int
		}
	}
	if err := json.Unmarshal([]byte(readFile(t, "testdata/gguf.json")), &c); err != nil {
		t.Fatal(err)
	}
	for _, k := range c.Cases {
		t.Run(k.Architecture+" "+k.Model, func(t *testing.T) {
			bos := 1
			tok, err := fromGGUF(&GGUF{Architecture: k.Architecture, Model: "llama", Tokens: k.Tokens, Scores: k.Scores, Types: k.Types, BOS: &bos})
			if err != nil {
				t.Fatal(err)
			}
			for i, text := range c.Texts {
				wantIDs(t, tok, text, false, k.IDs[i])
				wantIDs(t, tok, text, true, append([]int{1}, k.IDs[i]...))
			}
		})
	}
}

// byteLevelGGUF returns the GGUF of a vocabulary with its merges, with tokens
// added as control tokens.
func byteLevelGGUF(t testing.TB, model map[string]json.RawMessage, pre string, added []string) *GGUF {
	t.Helper()
	var ids map[string]int
	var merges [][2]string
	for raw, v := range map[string]any{"vocab": &ids, "merges": &merges} {
		if err := json.Unmarshal(model[raw], v); err != nil {
			t.Fatal(err)
		}
	}
	g := &GGUF{Model: "gpt2", Pre: pre, Tokens: slices.SortedFunc(maps.Keys(ids), func(a, b string) int { return ids[a] - ids[b] })}
	g.Tokens = append(g.Tokens, added...)
	g.Types = make([]int32, len(g.Tokens))
	for i := range g.Types {
		if g.Types[i] = int32(normalPiece); i >= len(ids) {
			g.Types[i] = int32(controlPiece)
		}
	}
	for _, m := range merges {
		g.Merges = append(g.Merges, m[0]+" "+m[1])
	}
	return g
}

// TestGGUFByteLevel compares byte-level models in a GGUF with the tokenizers that
// llama.cpp made the names of their pre-tokenizers for.
func TestGGUFByteLevel(t *testing.T) {
	c, _ := readCases(t, "testdata/cases.json")
	named := map[string]string{"llama3": "llama-bpe", "qwen2": "qwen2", "smollm2": "smollm", "o200k": "gpt-4o", "tiktoken": "phi-2"}
	for _, k := range c.Cases {
		pre, ok := named[k.Name]
		if !ok {
			continue
		}
		delete(named, k.Name)
		var added []string
		if !isEmpty(k.File["added_tokens"]) {
			added = []string{"<|begin|>", "<|end|>"}
		}
		none := false
		g := byteLevelGGUF(t, c.Models[k.Model], pre, added)
		g.AddBOS = &none
		tok, err := fromGGUF(g)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range k.Texts {
			wantIDs(t, tok, x.Text, true, x.IDs)
		}
	}
	if len(named) > 0 {
		t.Errorf("not found: %v", named)
	}

	// Those that transformers saved.
	for _, s := range readSaved(t) {
		for _, f := range s.Folders {
			pre, ok := map[string]string{"bloom BloomTokenizerFast": "bloom", "gpt_neox with roles GPTNeoXTokenizer": "olmo"}[f.Name+" "+f.Class]
			if !ok {
				continue
			}
			g := byteLevelGGUF(t, c.Models[f.Model], pre, nil)
			for i := range 4 {
				g.Types[i] = int32(controlPiece)
			}
			tok, err := fromGGUF(g)
			if err != nil {
				t.Fatal(err)
			}
			for i, text := range s.Texts {
				wantIDs(t, tok, text, false, f.IDs[i])
			}
		}
	}
	for _, p := range preTokenizers { // every one of them can be made
		for _, name := range p.names {
			if _, err := fromGGUF(byteLevelGGUF(t, c.Models["bytes"], name, nil)); (err != nil) != p.bos || err != nil && !strings.Contains(err.Error(), "asks for a BOS but names none") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func isEmpty(list json.RawMessage) bool { return string(list) == "[]" }

// TestGGUFRefused wants what a GGUF lacks, or has and is not known, to be said.
func TestGGUFRefused(t *testing.T) {
	yes, far := true, 9
	for want, g := range map[string]*GGUF{
		`model "t5" of a GGUF is not implemented`:             {Model: "t5"},
		`pre-tokenizer "default" of a GGUF is not`:            {Model: "gpt2", Pre: "default"},
		"has 2 tokens, 1 scores and 0 types":                  {Model: "llama", Tokens: []string{"a", "b"}, Scores: []float32{1}},
		"no merges":                                           {Model: "gpt2", Pre: "gpt-2", Tokens: []string{"a"}},
		`the merge "ab" of the GGUF`:                          {Model: "gpt2", Pre: "gpt-2", Tokens: []string{"a"}, Merges: []string{"ab"}},
		`needs the token "b"`:                                 {Model: "gpt2", Pre: "gpt-2", Tokens: []string{"a"}, Merges: []string{"a b"}},
		"no scores or no types":                               {Model: "llama", Tokens: []string{"a"}},
		"the GGUF's vocabulary cannot be read: it has no unk": {Model: "llama", Tokens: []string{"a"}, Scores: []float32{0}, Types: []int32{1}},
		"asks for a BOS but names none":                       {Model: "llama", Tokens: []string{"<unk>"}, Scores: []float32{0}, Types: []int32{2}},
		"asks for a EOS but names none":                       {Model: "gpt2", Pre: "gpt-2", Tokens: []string{"a", "aa"}, Merges: []string{"a a"}, AddEOS: &yes, EOS: &far},
	} {
		if _, err := fromGGUF(g); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q in it", err, want)
		}
	}
}

// FuzzGGUF wants no panic from a GGUF's vocabulary, nor from what it makes of a
// text.
func FuzzGGUF(f *testing.F) {
	f.Add("gpt2", "gpt-2", "a\nb\nab\nĠ\n<s>", "\x01\x01\x01\x01\x03", "a b", "ab a<s>")
	f.Add("llama", "", "<unk>\n<s>\na\nb\nab\n▁\n<0x41>\n  ", "\x02\x03\x01\x01\x01\x01\x06\x04", "", "ab  a<s>é")
	f.Fuzz(func(t *testing.T, model, pre, tokens, types, merges, text string) {
		g := &GGUF{Architecture: pre, Model: model, Pre: pre, Tokens: strings.Split(tokens, "\n")}
		for i, k := range []byte(types) {
			g.Types, g.Scores = append(g.Types, int32(k)), append(g.Scores, -float32(i))
		}
		if merges != "" {
			g.Merges = strings.Split(merges, "\n")
		}
		one := 1
		g.BOS = &one
		tok, err := fromGGUF(g)
		if err != nil {
			return
		}
		ids, err := tok.Encode(text, true)
		if err != nil {
			return
		}
		for _, id := range ids {
			if id < 0 || id >= len(g.Tokens) {
				t.Fatalf("Encode(%q) gives the id %d of %d", text, id, len(g.Tokens))
			}
		}
		_ = tok.Decode(ids)
	})
}
