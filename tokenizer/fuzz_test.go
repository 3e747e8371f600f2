package tokenizer

import "testing"

// FuzzVocabAndMerges wants no panic from any of the files that a tokenizer is
// read from where there is no tokenizer.json, nor from what they make of a
// text.
func FuzzVocabAndMerges(f *testing.F) {
	const vocab, merges = `{"a":0,"b":1,"ab":2,"Ġ":3,"Ġa":4,"<s>":5}`, "#version: 0.2\na b\nĠ a\n"
	f.Add([]byte(vocab), []byte(merges), []byte(`{"add_bos_token":true,"bos_token":{"content":"<s>"}}`), []byte(`{"eos_token":"</s>"}`), []byte(`{"<t>":6}`))
	f.Add([]byte(vocab), []byte(merges), []byte(`{"added_tokens_decoder":{"5":{"content":"<s>","lstrip":true}},"add_prefix_space":true}`), []byte("{}"), []byte("{}"))
	f.Add([]byte("{}"), []byte(merges), []byte(`{"tokenizer_class":"Qwen2Tokenizer"}`), []byte("{"), []byte(`{"a":-1}`))
	f.Fuzz(func(t *testing.T, vocab, merges, config, special, added []byte) {
		files := map[string][]byte{
			"tokenizer_config.json": config, "special_tokens_map.json": special, "added_tokens.json": added,
			"config.json": []byte(`{"model_type":"opt"}`),
		}
		s, err := settingsOf(func(name string, v any) error { return unmarshal(files[name], v) })
		if err != nil {
			return
		}
		tok, err := parsePair(vocab, merges, s)
		if err != nil {
			return
		}
		if ids, err := tok.Encode("ab  a<s>\n 1é<t>", true); err == nil {
			_ = tok.Decode(ids)
		}
	})
}

// FuzzSettings wants no panic from the files beside a tokenizer.json, of either
// way to read them, nor from what they make of a text.
func FuzzSettings(f *testing.F) {
	const file = `{"version":"1.0","added_tokens":[{"id":5,"content":"<s>","special":true}],"padding":{"pad_token":"<p>"},` +
		`"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2,"Ġ":3,"▁":4,"<s>":5},"merges":["a b"]}}`
	for _, class := range []string{"LlamaTokenizer", "GPT2Tokenizer", "Qwen2Tokenizer", "TokenizersBackend", "GPTNeoXTokenizer", "GemmaTokenizer", "CohereTokenizer", "BloomTokenizer", "T5Tokenizer"} {
		f.Add([]byte(`{"backend":"tokenizers","tokenizer_class":"`+class+`","bos_token":"<s>","image_token":"<i>","extra_special_tokens":["<t>",{"content":"a"}],"add_prefix_space":null}`), []byte(`{"model_type":"qwen2"}`))
		f.Add([]byte(`{"tokenizer_class":"`+class+`","bos_token":null,"eos_token":"<e>","extra_special_tokens":{"x":"<t>"},"add_eos_token":true}`), []byte(`{}`))
	}
	f.Fuzz(func(t *testing.T, config, model []byte) {
		files := map[string][]byte{"tokenizer_config.json": config, "config.json": model, "special_tokens_map.json": []byte("{}"), "added_tokens.json": []byte("{}")}
		s, err := settingsOf(func(name string, v any) error { return unmarshal(files[name], v) })
		if err != nil {
			return
		}
		tok, err := parse([]byte(file), s)
		if err != nil {
			return
		}
		if ids, err := tok.Encode("ab  a<s>\n 1é<t>", true); err == nil {
			_ = tok.Decode(ids)
		}
	})
}
