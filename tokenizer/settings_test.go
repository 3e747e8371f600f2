package tokenizer

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// microJSON is a byte-level tokenizer of 512 tokens.
const microJSON = "../testdata/llama-micro/tokenizer.json"

// folder writes a checkpoint folder with the given files.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func readFile(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestSettings compares with transformers' AutoTokenizer on the same folders.
func TestSettings(t *testing.T) {
	const text = "a <s>b</s> tok <|endoftext|>TOK"
	end := []int{72, 269, 82, 73, 87, 72, 91, 87, 95, 33} // endoftext|>
	tok := []int{295, 78, 283, 95}                        // " tok <|"
	plain := slices.Concat([]int{68, 224, 0, 69, 2}, tok, end, []int{55, 50, 46})
	for _, c := range []struct {
		name  string
		files map[string]string
		want  []int
		size  int
	}{
		{"plain", map[string]string{"tokenizer_config.json": `{"tokenizer_class":"PreTrainedTokenizerFast"}`}, plain, 512},
		{"llama", map[string]string{"tokenizer_config.json": `{"tokenizer_class":"LlamaTokenizer"}`},
			slices.Concat([]int{0}, plain), 512},
		{"llama with EOS", map[string]string{"tokenizer_config.json": `{"tokenizer_class":"LlamaTokenizerFast","add_bos_token":false,"add_eos_token":true}`},
			slices.Concat(plain, []int{2}), 512},
		{"class of the model", map[string]string{"config.json": `{"model_type":"mistral"}`}, slices.Concat([]int{0}, plain), 512},
		{"gpt2", map[string]string{"tokenizer_config.json": `{"tokenizer_class":"GPT2Tokenizer","add_prefix_space":true,"add_bos_token":true}`},
			[]int{262, 224, 0, 274, 2, 295, 78, 224, 512, 325, 50, 46}, 513},
		{"qwen2", map[string]string{"tokenizer_config.json": `{"tokenizer_class":"Qwen2Tokenizer","additional_special_tokens":["tok"]}`},
			[]int{68, 224, 0, 69, 2, 224, 513, 224, 512, 55, 50, 46}, 514},
		{"added", map[string]string{"tokenizer_config.json": `{"tokenizer_class":"PreTrainedTokenizerFast","added_tokens_decoder":{
			"513":{"content":"TOK","rstrip":true},"512":{"content":"tok","lstrip":true}}}`},
			slices.Concat([]int{68, 224, 0, 69, 2, 512, 283, 95}, end, []int{513}), 514},
		{"added in older files", map[string]string{"special_tokens_map.json": `{"pad_token":"TOK"}`, "added_tokens.json": `{"tok":600,"TOK":599}`},
			slices.Concat([]int{68, 224, 0, 69, 2, 224, 513, 283, 95}, end, []int{512}), 514},
		{"an object", map[string]string{"tokenizer_config.json": `{"bos_token":{"__type":"AddedToken","content":"TOK","lstrip":true}}`},
			slices.Concat([]int{68, 224, 0, 69, 2}, tok, end, []int{512}), 513},
	} {
		c.files["tokenizer.json"] = readFile(t, microJSON)
		tok, err := Open(folder(t, c.files))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got, err := tok.Encode(text, true); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: Encode(%q): %v, ids (-want +got):\n%s", c.name, text, err, cmp.Diff(c.want, got))
		}
		if got := vocabSize(tok); got != c.size {
			t.Errorf("%s: ids below %d, want %d", c.name, got, c.size)
		}
	}
}

// TestVocabAndMerges wants OPT's two files to give what the tokenizer.json of
// the same vocabulary gives, after a BOS.
func TestVocabAndMerges(t *testing.T) {
	c, _ := readCases(t, "testdata/cases.json")
	files := map[string]string{
		"vocab.json": "\ufeff" + string(c.Models["bytes"]["vocab"]),
		"merges.txt": mergeLines(t, c.Models["bytes"]["merges"]),
		"tokenizer_config.json": `{"tokenizer_class":"GPT2Tokenizer","add_bos_token":true,"bos_token":"</s>",
			"eos_token":{"content":"</s>","normalized":true},"unk_token":"</s>","pad_token":"<pad>"}`,
	}
	tok, err := Open(folder(t, files))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range c.Cases {
		if k.Name != "gpt2 with prefix space and roberta" {
			continue
		}
		for _, x := range k.Texts {
			if !strings.HasPrefix(x.Text, " ") || strings.Contains(x.Text, "</s>") || strings.Contains(x.Text, "<pad>") {
				continue // else the prefix space and the added tokens make a difference
			}
			wantIDs(t, tok, x.Text, true, append([]int{2}, x.IDs...))
		}
	}
	if got, err := tok.Encode("</s><pad>", true); err != nil || !slices.Equal(got, []int{2, 2, 1}) {
		t.Errorf("the special tokens are %v, %v, want [2 2 1]", got, err)
	}

	for name, change := range map[string]struct{ file, content, want string }{
		"no merges":     {"merges.txt", "", "merges.txt: no such file"},
		"a bad merge":   {"merges.txt", "#version\na b\nc\n", "line 3 of merges.txt"},
		"no vocabulary": {"vocab.json", "{}", "no vocabulary"},
		"not UTF-8":     {"merges.txt", "\xff\n", "merges.txt is not UTF-8"},
		"class":         {"tokenizer_config.json", `{"tokenizer_class":"LlamaTokenizerFast"}`, "LlamaTokenizer without a tokenizer.json is not implemented"},
		"other class":   {"tokenizer_config.json", `{"tokenizer_class":"BertTokenizer"}`, "tokenizer_class BertTokenizer is not implemented"},
		"extra ids":     {"tokenizer_config.json", `{"tokenizer_class":"T5Tokenizer","extra_ids":3,"additional_special_tokens":["<extra_id_0>"]}`, "has 3 extra_ids and names 1"},
		"split":         {"tokenizer_config.json", `{"split_special_tokens":true}`, "split_special_tokens true (of tokenizer_config.json) is not implemented"},
		"git-lfs":       {"vocab.json", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "vocab.json: the file only says where Git LFS has its contents"},
		"type":          {"tokenizer_config.json", `{"bos_token":1}`, "tokenizer_config.json: "},
		"JSON":          {"tokenizer_config.json", "{\n\n]", "tokenizer_config.json: line 3: "},
	} {
		other := map[string]string{}
		for k, v := range files {
			other[k] = v
		}
		if other[change.file] = change.content; change.content == "" {
			delete(other, change.file)
		}
		_, err := Open(folder(t, other))
		if err == nil || !strings.Contains(err.Error(), change.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: the error is %q, want %q in it", name, err, change.want)
		}
	}
	if _, err := Open(folder(t, map[string]string{"tekken.json": "{}"})); err == nil || !strings.Contains(err.Error(), "has a tekken.json only, which is not read: AutoTokenizer") {
		t.Errorf("of a tekken.json: %v", err)
	}
	dir := folder(t, files)
	if err := os.Truncate(filepath.Join(dir, "merges.txt"), largestFile+1); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "merges.txt is larger than 256 MiB") {
		t.Errorf("of a file that is too large: %v", err)
	}
	bos := folder(t, map[string]string{"tokenizer.json": readFile(t, microJSON), "tokenizer_config.json": `{"tokenizer_class":"LlamaTokenizer","bos_token":null}`})
	if _, err := Open(bos); err == nil || !strings.Contains(err.Error(), "asks for a BOS but names none") {
		t.Errorf("of a BOS that is null: %v", err)
	}
	if _, err := Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "neither tokenizer.json nor tokenizer.model nor vocab.json with") {
		t.Errorf("of an empty folder: %v", err)
	}
}
