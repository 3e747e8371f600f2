package architecture

import (
	"slices"
	"strings"
	"testing"
)

func TestAll(t *testing.T) {
	var types []string
	for _, a := range All() {
		types = append(types, a.Type)
		if a.Type == "" || a.Title == "" || a.Tokenizer == "" || a.Words == "" || a.Head == "" || a.Describe == nil {
			t.Errorf("%+v: something is missing", a)
		}
		if g := a.GGUF; g.Arch != "" && (g.Config == nil || g.Class == "" && !g.Twin) {
			t.Errorf("%s: GGUF files of %s are half known", a.Type, g.Arch)
		} else if back, ok := OfFile(g.Arch, g.Experts); g.Arch != "" && (!ok || back.Type != a.Type && !g.Twin) {
			t.Errorf("%s: GGUF files of %s are read as %q", a.Type, g.Arch, back.Type)
		}
		if !strings.HasSuffix(a.Blocks, ".") {
			t.Errorf("%s: block 3's tensors would begin with %s3", a.Type, a.Blocks)
		}
		if found, ok := Named(a.Type); !ok || found.Type != a.Type {
			t.Errorf("%s is found as %+v", a.Type, found)
		}
		for _, name := range []string{a.Words, Bare(a.Words)} {
			if !slices.Contains(Anchors(a.Type), name) || !slices.Contains(Anchors(""), name) {
				t.Errorf("%s: %s is no anchor", a.Type, name)
			}
		}
		if i, ok := BlockOf(a.Blocks + "12.x.weight"); i != 12 || !ok {
			t.Errorf("%s12.x.weight is of block %d, %v", a.Blocks, i, ok)
		}
	}
	if !slices.IsSorted(types) || len(slices.Compact(types)) != len(All()) {
		t.Errorf("%v are not in order, or one is twice", types)
	}
	for _, want := range []string{"llama", "mistral", "opt", "qwen2"} {
		if !slices.Contains(types, want) {
			t.Errorf("%s is not among %v", want, types)
		}
	}
	if _, ok := Named(""); ok {
		t.Error("an architecture has no name")
	}
}

func TestBlockOf(t *testing.T) {
	for name, want := range map[string]int{
		"model.layers.0.mlp.up_proj.weight":   0,
		"layers.7.mlp.up_proj.weight":         7,
		"model.decoder.layers.23.fc1.bias":    23,
		"decoder.layers.5.fc1.bias":           5,
		"model.layers.3":                      -1,
		"model.layers.x.fc1.weight":           -1,
		"model.layers.-1.fc1.weight":          -1,
		"model.layers.99999999999.fc1.weight": -1,
		"model.decoder.embed_tokens.weight":   -1,
		"transformer.h.11.attn.c_attn.weight": 11,
		"h.11.attn.c_attn.weight":             11,
		"gpt_neox.layers.2.attention.bias":    2,
		"lm_head.weight":                      -1,
		"layer.1.weight":                      -1,
		"":                                    -1,
	} {
		if i, ok := BlockOf(name); ok != (want >= 0) || ok && i != want {
			t.Errorf("%q is of block %d, %v", name, i, ok)
		}
	}
}
