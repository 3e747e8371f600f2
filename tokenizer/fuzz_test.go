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
		tok, err := parseGPT2(vocab, merges, s)
		if err != nil {
			return
		}
		if ids, err := tok.Encode("ab  a<s>\n 1é<t>", true); err == nil {
			_ = tok.Decode(ids)
		}
	})
}
