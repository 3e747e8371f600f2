package checkpoint

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestWrappers reads what wrappers have renamed, and writes it under
// transformers' names; what cannot be told apart is refused by its prefix.
func TestWrappers(t *testing.T) {
	const w = "embed_tokens.weight"
	for name, c := range map[string]struct{ names, want, refused string }{
		"none":                  {"model." + w + " model.x lm_head.weight", "model." + w + " model.x lm_head.weight", ""},
		"none of OPT":           {"model.decoder." + w + " lm_head.weight", "model.decoder." + w + " lm_head.weight", ""},
		"bare":                  {w + " norm.weight", w + " norm.weight", ""},
		"bare OPT":              {"decoder." + w + " decoder.x", "decoder." + w + " decoder.x", ""},
		"DataParallel":          {"module.model." + w + " module.model.x module.lm_head.weight", "model." + w + " model.x lm_head.weight", ""},
		"DataParallel of OPT":   {"module.model.decoder." + w + " module.lm_head.weight", "model.decoder." + w + " lm_head.weight", ""},
		"DataParallel, bare":    {"module." + w + " module.x", w + " x", ""},
		"compile":               {"_orig_mod.model." + w + " _orig_mod.lm_head.weight", "model." + w + " lm_head.weight", ""},
		"both":                  {"module._orig_mod.model." + w + " module._orig_mod.x", "model." + w + " x", ""},
		"compile of a part":     {"model." + w + " model.layers.0._orig_mod.x lm_head.weight", "model." + w + " model.layers.0.x lm_head.weight", ""},
		"FSDP, checkpointing":   {"_fsdp_wrapped_module.model." + w + " _fsdp_wrapped_module.model.layers.0._fsdp_wrapped_module._checkpoint_wrapped_module.x", "model." + w + " model.layers.0.x", ""},
		"PEFT":                  {"base_model.model.model." + w + " base_model.model.lm_head.weight", "model." + w + " lm_head.weight", ""},
		"a script's own":        {"model.model." + w + " model.lm_head.weight model.model.x", "model." + w + " lm_head.weight model.x", ""},
		"a script's own, tied":  {"model.model." + w + " model.model.x", "model." + w + " model.x", ""},
		"a larger model's":      {"language_model.model." + w + " vision.x language_model.x", "language_model.model." + w + " vision.x language_model.x", `2 tensors have the prefix "language_model." and 1, such as "vision.x", have not`},
		"DataParallel, in part": {"module.model." + w + " lm_head.weight", "module.model." + w + " lm_head.weight", `1 tensors have the prefix "module."`},
		"two embeddings":        {"a.model." + w + " b.model." + w, "a.model." + w + " b.model." + w, ""},
		"a part of a name":      {"model.my_embed_tokens.weight", "model.my_embed_tokens.weight", ""},
		"nothing else":          {"_orig_mod", "_orig_mod", ""},
	} {
		t.Run(name, func(t *testing.T) {
			in, err := Open(folder(t, map[string]string{"config.json": "{}", "model.safetensors": scalars(strings.Fields(c.names)...)}))
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			dir := filepath.Join(t.TempDir(), "out")
			out, err := Create(in, dir, Options{})
			if err == nil {
				err = out.Commit()
			}
			if err != nil {
				t.Fatal(err)
			}
			back, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer back.Close()
			for i, ck := range []*Checkpoint{in, back} {
				if got := strings.Join(ck.Names(), " "); got != c.want {
					t.Errorf("names %s, want %s", got, c.want)
				}
				for k, n := range strings.Fields(c.want) {
					x := make([]float32, 1)
					if err := ck.ReadFloat32(n, x); err != nil || x[0] != float32(k+1) {
						t.Errorf("%s is %v, %v", n, x, err)
					}
				}
				if said, want := len(ck.Remarks()) > 0, i == 0 && c.names != c.want; said != want {
					t.Errorf("remarks %q", ck.Remarks())
				}
				if err := ck.Check(); (err != nil) != (c.refused != "") || err != nil && !strings.Contains(err.Error(), c.refused) {
					t.Errorf("%v, want %q", err, c.refused)
				}
			}
		})
	}
	_, err := Open(folder(t, map[string]string{"config.json": "{}", "model.safetensors": scalars("a._orig_mod.x", "a.x")}))
	if err == nil || !strings.Contains(err.Error(), `"a._orig_mod.x" and "a.x" are both "a.x"`) {
		t.Errorf("two of one name: %v", err)
	}
}

// TestWrappersInShards has the prefix in several files, and in the index.
func TestWrappersInShards(t *testing.T) {
	in, err := Open(folder(t, map[string]string{
		"config.json": "{}", "s1.safetensors": scalars("module.model.embed_tokens.weight", "module.x"), "s2.safetensors": scalars("module.y"),
		"model.safetensors.index.json": `{"weight_map":{"module.model.embed_tokens.weight":"s1.safetensors","module.x":"s1.safetensors","module.y":"s2.safetensors"}}`,
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	dir := filepath.Join(t.TempDir(), "out")
	w, err := Create(in, dir, Options{})
	if err == nil {
		err = w.Commit()
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if want := []string{"model.embed_tokens.weight", "x", "y"}; !slices.Equal(out.Names(), want) || len(out.shards) != 2 {
		t.Errorf("%v in %d files, want %v", out.Names(), len(out.shards), want)
	}
}

// FuzzWrapper renames tensors of any names: each has one of its own after it.
func FuzzWrapper(f *testing.F) {
	f.Add("module.model.embed_tokens.weight\nmodule.lm_head.weight")
	f.Add("_orig_mod.a\n._orig_mod\n_orig_mod._orig_mod\n..")
	f.Add("a.model.embed_tokens.weight\nb")
	f.Fuzz(func(t *testing.T, list string) {
		s := &shard{file: inMemory("f", nil)}
		seen := map[string]bool{}
		for name := range strings.SplitSeq(list, "\n") {
			if !seen[name] {
				s.tensors = append(s.tensors, &tensor{name: name, file: s.file})
				seen[name] = true
			}
		}
		c := &Checkpoint{shards: []*shard{s}}
		if err := c.index(nil); err != nil {
			t.Fatal(err)
		}
		if c.unwrap() != nil {
			return
		}
		if len(c.names) != len(s.tensors) || len(c.byName) != len(s.tensors) {
			t.Fatalf("%d tensors have the names %q", len(s.tensors), c.names)
		}
		for i, name := range c.names {
			if s.tensors[i].name != name || c.byName[name] != s.tensors[i] {
				t.Fatalf("%q is not tensor %d", name, i)
			}
		}
	})
}
