package tokenizer

import (
	"strings"
	"testing"
)

func byteLevelMeta() map[string]any {
	return map[string]any{
		"general.architecture": "gpt2", "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.tokens": []string{"a", "b", "ab", "<e>", "[PAD4]"},
		"tokenizer.ggml.token_type": []float64{1, 1, 1, 3, 5}, "tokenizer.ggml.merges": []string{"a b"}, "tokenizer.ggml.eos_token_id": uint64(3),
		"tokenizer.ggml.add_eos_token": true, "tokenizer.chat_template": "{{ x }}", "tokenizer.chat_template.tool_use": "{{ y }}",
	}
}

func TestFilesOfGGUF(t *testing.T) {
	files, err := FilesOfGGUF(byteLevelMeta())
	if err != nil {
		t.Fatal(err)
	}
	tok, err := OpenFiles(files)
	if err != nil {
		t.Fatal(err)
	}
	wantIDs(t, tok, "abb<e>a", true, []int{2, 1, 3, 0, 3})
	if strings.Contains(string(files["tokenizer.json"]), "PAD") {
		t.Error("what fills up the rows of a matrix is a token")
	}
	const want = `"chat_template":[{"name":"default","template":"{{ x }}"},{"name":"tool_use","template":"{{ y }}"}]`
	if config := string(files["tokenizer_config.json"]); !strings.Contains(config, want) || !strings.Contains(config, `"eos_token":"<e>"`) {
		t.Errorf("tokenizer_config.json is %s", config)
	}
	for key, c := range map[string]struct {
		value any
		want  string
	}{
		"tokenizer.ggml.model":        {nil, "holds no tokenizer"},
		"tokenizer.ggml.tokens":       {"text", `"tokenizer.ggml.tokens" is of the wrong type`},
		"tokenizer.ggml.eos_token_id": {"3", "is no integer"},
		"tokenizer.ggml.pre":          {"viking-9", `pre-tokenizer "viking-9" of a GGUF`},
		"general.architecture":        {"llama", "does not say what cuts texts into words"},
		"tokenizer.ggml.merges":       {[]string{"a b c"}, "not two tokens"},
	} {
		meta := byteLevelMeta()
		if meta[key] = c.value; c.value == nil {
			delete(meta, key)
		}
		if _, err := FilesOfGGUF(meta); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", key, err, c.want)
		}
	}
}
