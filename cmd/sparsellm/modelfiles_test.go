package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sparsellm/job"
	"strings"
	"testing"
)

// weightsFile is a safetensors file of those tensors.
func weightsFile(t *testing.T, all map[string]stored) string {
	t.Helper()
	var data []byte
	header := map[string]any{"__metadata__": map[string]string{"format": "pt"}}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		x := all[name]
		x.Offsets = [2]int64{int64(len(data)), int64(len(data) + len(x.data))}
		data = append(data, x.data...)
		header[name] = x
	}
	text, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	return string(binary.LittleEndian.AppendUint64(nil, uint64(len(text)))) + string(text) + string(data)
}

// changed is a copy of a built-in model with other tensors and another config.
func changed(t *testing.T, name string, config map[string]any, change func(map[string]stored)) string {
	t.Helper()
	dir := copyModel(t, name)
	path := filepath.Join(dir, "config.json")
	var c map[string]any
	if err := json.Unmarshal(read(t, path), &c); err != nil {
		t.Fatal(err)
	}
	maps.Copy(c, config)
	text, err := json.MarshalIndent(c, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, string(text))
	if change != nil {
		path = filepath.Join(dir, "model.safetensors")
		all := tensors(t, read(t, path))
		change(all)
		write(t, path, weightsFile(t, all))
	}
	return dir
}

// perplexityOf evaluates a model; said is what it says on standard error but
// for the result.
func perplexityOf(t *testing.T, model, data string) (ppl float64, said string) {
	t.Helper()
	o := sparse("eval", "--model", model, "--data", data, "--seqlen", "32", "--json", "-") // as pruneArgs has it
	if o.code != exitOK {
		t.Fatalf("exit code %d: %s", o.code, o.err)
	}
	var r job.Evaluation
	if err := json.Unmarshal([]byte(o.out), &r); err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.SplitAfter(o.err, "\n") {
		if !strings.Contains(line, ": perplexity ") {
			said += line
		}
	}
	return float64(r.Eval[0].Perplexity), said
}

// TestHeadThatDiffersThoughTied wants the file's own head used, as transformers
// 5 does, and said so; and an output that every version reads alike.
func TestHeadThatDiffersThoughTied(t *testing.T) {
	for _, name := range []string{"opt-micro", "llama-micro"} {
		embedding := "model.embed_tokens.weight"
		if name == "opt-micro" {
			embedding = "model.decoder.embed_tokens.weight"
		}
		test := filepath.Join(micro(name), "test.rows.json")
		withHead := func(tied bool, scale byte) string {
			return changed(t, name, map[string]any{"tie_word_embeddings": tied}, func(all map[string]stored) {
				head := all[embedding]
				head.data = slices.Clone(head.data)
				for i := 0; i < 1024*int(scale); i += 4 {
					head.data[i+3] ^= 0x80 // the sign
				}
				all["lm_head.weight"] = head
			})
		}
		own, _ := perplexityOf(t, withHead(false, 1), test)
		embedded, said := perplexityOf(t, withHead(true, 0), test)
		if said != "" {
			t.Errorf("%s: of an equal head it is said: %s", name, said)
		}
		model := withHead(true, 1)
		got, said := perplexityOf(t, model, test)
		if got != own || got == embedded || !strings.Contains(said, "lm_head.weight is not the embedding") || strings.Count(said, "\n") != 1 {
			t.Errorf("%s: perplexity %v, want %v of the head, not %v of the embedding; said: %s", name, got, own, embedded, said)
		}
		out := filepath.Join(t.TempDir(), "out")
		o := sparse(pruneArgs(model, out, "--method", "wanda", "--eval", test, "--json", "-")...)
		var r struct{ Eval []job.BeforeAfter }
		if err := json.Unmarshal([]byte(o.out), &r); err != nil {
			t.Fatalf("%v: %s", err, o.err)
		}
		pruned, said := perplexityOf(t, out, test)
		if pruned != float64(r.Eval[0].Pruned) || float64(r.Eval[0].Dense) != own || said != "" {
			t.Errorf("%s: the output has perplexity %v, the run said %v (dense %v, want %v); said: %s", name, pruned, r.Eval[0].Pruned, r.Eval[0].Dense, own, said)
		}
		if config := string(read(t, filepath.Join(out, "config.json"))); !strings.Contains(config, `"tie_word_embeddings": false`) {
			t.Errorf("%s: the output's config says %s", name, config)
		}
		must(t, pruneArgs(withHead(true, 0), filepath.Join(out, "equal"), "--method", "wanda")...)
		if config := string(read(t, filepath.Join(out, "equal", "config.json"))); !strings.Contains(config, `"tie_word_embeddings": true`) {
			t.Errorf("%s: the config of a model whose head is equal says %s", name, config)
		}
	}
}

// TestModelsThatAreNotWhatTheySeem wants one sentence of every command.
func TestModelsThatAreNotWhatTheySeem(t *testing.T) {
	t.Setenv("HF_HUB_OFFLINE", "1")
	const q = "model.layers.1.self_attn.q_proj.weight"
	rename := func(from, to string) func(map[string]stored) {
		return func(all map[string]stored) {
			for _, name := range slices.Collect(maps.Keys(all)) {
				if next := strings.Replace(name, from, to, 1); next != name {
					all[next] = all[name]
					delete(all, name)
				}
			}
		}
	}
	pointer := "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 123456\n"
	broken := func(name, text string) string {
		m := copyModel(t, "llama-micro")
		write(t, filepath.Join(m, name), text)
		return m
	}
	for name, c := range map[string]struct {
		model, want string
	}{
		"quantised, says the config": {changed(t, "llama-micro", map[string]any{"quantization_config": map[string]any{"quant_method": "gptq"}}, nil), `quantised or compressed by the method "gptq" (quantization_config in config.json)`},
		"quantised, say the tensors": {changed(t, "llama-micro", nil, rename("q_proj.weight", "q_proj.qweight")), "by GPTQ or AWQ as tensor"},
		"eight bits": {changed(t, "llama-micro", nil, func(all map[string]stored) {
			x := all[q]
			x.DType, x.data = "I8", x.data[:len(x.data)/4]
			all[q] = x
		}), "stored as I8"},
		"an adapter's matrices": {changed(t, "llama-micro", nil, rename("q_proj.weight", "q_proj.base_layer.weight")), "merge_and_unload"},
		"a larger model's": {changed(t, "llama-micro", nil, func(all map[string]stored) {
			rename("model.", "language_model.model.")(all)
			all["vision.x"] = all["language_model."+q]
		}), `the prefix "language_model."`},
		"of another library": {changed(t, "llama-micro", nil, func(all map[string]stored) {
			rename("embed_tokens", "wte")(all)
			rename("model.", "transformer.")(all)
		}), "named like transformer.layers."},
		"of no embeddings":       {changed(t, "llama-micro", nil, rename("embed_tokens", "wte")), "the model has no tensor model.embed_tokens.weight"},
		"of other blocks":        {changed(t, "llama-micro", nil, rename("model.layers.", "model.h.")), "tensors that config.json implies, the first of them model."},
		"fewer blocks than said": {changed(t, "llama-micro", map[string]any{"num_hidden_layers": 4}, nil), "the model lacks 18 of the "},
		"vocab_size":             {changed(t, "llama-micro", map[string]any{"vocab_size": 77}, nil), "by config.json it must be [77 "},
		"intermediate_size":      {changed(t, "llama-micro", map[string]any{"intermediate_size": 52}, nil), "by config.json it must be [52 "},
		"a pointer":              {broken("model.safetensors", pointer), "model.safetensors only says where Git LFS"},
		"a pointer for a config": {broken("config.json", pointer), "config.json only says where Git LFS"},
		"a web page":             {broken("model.safetensors", "<!doctype html>"), "is a web page"},
		"a refusal":              {broken("model.safetensors", "Entry not found"), `holds nothing but the text "Entry not found"`},
	} {
		t.Run(name, func(t *testing.T) {
			rows := filepath.Join(micro("llama-micro"), "test.rows.json")
			for _, args := range [][]string{
				{"eval", "--model", c.model, "--data", rows},
				pruneArgs(c.model, filepath.Join(t.TempDir(), "out")),
				{"compare", "--model", c.model, "--calib", rows, "--eval", rows, "--methods", "wanda"},
				{"explain", "--model", c.model, "--calib", rows, "--block", "0", "--matrix", "q_proj", "--row", "0"},
			} {
				o := sparse(args...)
				if o.code != exitFailed || !strings.Contains(o.err, c.want) {
					t.Errorf("%s: exit code %d: %s, want %q", args[0], o.code, o.err, c.want)
				}
				checkSentence(t, o.err)
			}
		})
	}
	m := broken("tokenizer.json", pointer)
	text := write(t, filepath.Join(t.TempDir(), "text.txt"), "Once upon a time.")
	o := sparse("eval", "--model", m, "--data", text)
	if o.code != exitFailed || !strings.Contains(o.err, "only says where Git LFS") {
		t.Errorf("a pointer for a tokenizer: exit code %d: %s", o.code, o.err)
	}
	checkSentence(t, o.err)
	o = sparse(pruneArgs(m, filepath.Join(t.TempDir(), "out"))...)
	if o.code != exitFailed || !strings.Contains(o.err, "tokenizer.json only says where Git LFS") {
		t.Errorf("a pointer for a tokenizer that is to go along: exit code %d: %s", o.code, o.err)
	}
	o = sparse("inspect", changed(t, "llama-micro", map[string]any{"quantization_config": map[string]any{"quant_method": "awq"}}, nil))
	if o.code != exitOK || !strings.Contains(o.err, `zeros are counted in what is stored: the weights in `) {
		t.Errorf("inspect: exit code %d: %s", o.code, o.err)
	}
}

// TestModelsOfOtherFiles has the same weights in other files and under other
// names: the perplexity is the same, and so are the pruned weights.
func TestModelsOfOtherFiles(t *testing.T) {
	test := filepath.Join(micro("llama-micro"), "test.rows.json")
	want, _ := perplexityOf(t, micro("llama-micro"), test)
	plain := filepath.Join(t.TempDir(), "plain")
	must(t, pruneArgs(micro("llama-micro"), plain, "--method", "wanda")...)
	pruned := tensors(t, read(t, filepath.Join(plain, "model.safetensors")))
	split := func(name func(i int) string, index string) string {
		dir := copyModel(t, "llama-micro")
		path := filepath.Join(dir, "model.safetensors")
		all := tensors(t, read(t, path))
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		of := map[string]string{}
		parts := [2]map[string]stored{{}, {}}
		for i, n := range slices.Sorted(maps.Keys(all)) {
			parts[i%2][n], of[n] = all[n], name(i%2)
		}
		for i, p := range parts {
			write(t, filepath.Join(dir, name(i)), weightsFile(t, p))
		}
		if index != "" {
			b, err := json.Marshal(map[string]any{"weight_map": of})
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, index), string(b))
		}
		return dir
	}
	prefixed := func(before string) string {
		return changed(t, "llama-micro", nil, func(all map[string]stored) {
			for _, n := range slices.Collect(maps.Keys(all)) {
				all[before+n] = all[n]
				delete(all, n)
			}
		})
	}
	for name, c := range map[string]struct{ model, said string }{
		"six digits":            {split(func(i int) string { return fmt.Sprintf("model-%05d-of-000002.safetensors", i+1) }, "model.safetensors.index.json"), ""},
		"names of their own":    {split(func(i int) string { return fmt.Sprintf("w%d.safetensors", i) }, "model.safetensors.index.json"), ""},
		"no index":              {split(func(i int) string { return fmt.Sprintf("model-%05d-of-00002.safetensors", i+1) }, ""), ""},
		"no index, other names": {split(func(i int) string { return fmt.Sprintf("w%d.safetensors", i) }, ""), ""},
		"DataParallel":          {prefixed("module."), `"module.`},
		"compile":               {prefixed("_orig_mod."), `"_orig_mod.`},
		"PEFT":                  {prefixed("base_model.model."), `"base_model.model.`},
	} {
		t.Run(name, func(t *testing.T) {
			got, said := perplexityOf(t, c.model, test)
			if got != want || (said != "") != (c.said != "") || !strings.Contains(said, c.said) {
				t.Errorf("perplexity %v, want %v; said: %s", got, want, said)
			}
			out := filepath.Join(t.TempDir(), "out")
			must(t, pruneArgs(c.model, out, "--method", "wanda")...)
			files, err := filepath.Glob(filepath.Join(out, "*.safetensors"))
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, f := range files {
				for name, x := range tensors(t, read(t, f)) {
					if n++; !bytes.Equal(x.data, pruned[name].data) {
						t.Errorf("%s differs", name)
					}
				}
			}
			if n != len(pruned) {
				t.Errorf("%d tensors, want %d", n, len(pruned))
			}
		})
	}
}

// TestTemplatesGoAlong has files in a folder beside the weights, in a run that
// is stopped and resumed too.
func TestTemplatesGoAlong(t *testing.T) {
	model := copyModel(t, "llama-micro")
	if err := os.Mkdir(filepath.Join(model, "additional_chat_templates"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"chat_template.jinja", "additional_chat_templates/tool_use.jinja"} {
		write(t, filepath.Join(model, filepath.FromSlash(name)), name)
	}
	out := filepath.Join(t.TempDir(), "out")
	must(t, pruneArgs(model, out, "--method", "wanda")...)
	for _, name := range []string{"chat_template.jinja", "additional_chat_templates/tool_use.jinja"} {
		if got := string(read(t, filepath.Join(out, filepath.FromSlash(name)))); got != name {
			t.Errorf("%s has %q", name, got)
		}
	}
}
