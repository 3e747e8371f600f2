package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// settings is what the files beside the vocabulary say of special tokens:
// tokenizer_config.json, or what older transformers wrote.
type settings struct {
	Class          string             `json:"tokenizer_class"`
	AddBOS         *bool              `json:"add_bos_token"`
	AddEOS         *bool              `json:"add_eos_token"`
	AddPrefixSpace *bool              `json:"add_prefix_space"`
	Added          map[int]addedToken `json:"added_tokens_decoder"`
	specialTokens
}

// specialTokens are the special tokens by role.
type specialTokens struct {
	BOS        *specialToken  `json:"bos_token"`
	EOS        *specialToken  `json:"eos_token"`
	Unk        *specialToken  `json:"unk_token"`
	Sep        *specialToken  `json:"sep_token"`
	Pad        *specialToken  `json:"pad_token"`
	Cls        *specialToken  `json:"cls_token"`
	Mask       *specialToken  `json:"mask_token"`
	Additional []specialToken `json:"additional_special_tokens"`
}

// specialToken is written as its text, or as an object.
type specialToken struct{ addedToken }

// UnmarshalJSON reads either form.
func (t *specialToken) UnmarshalJSON(b []byte) error {
	if json.Unmarshal(b, &t.Content) != nil {
		if err := json.Unmarshal(b, &t.addedToken); err != nil {
			return err
		}
	}
	t.Special = true
	return nil
}

// Classes of transformers' whose fast tokenizers are a tokenizer.json and what
// settings.postProcess adds to it. Others are refused by name.
const (
	plainClass = "PreTrainedTokenizer"
	gpt2Class  = "GPT2Tokenizer"
	llamaClass = "LlamaTokenizer"
	qwen2Class = "Qwen2Tokenizer"
)

// classes maps the names that tokenizer_config.json may give.
var classes = map[string]string{
	"PreTrainedTokenizerFast": plainClass,
	"TokenizersBackend":       plainClass,
	"GPT2Tokenizer":           gpt2Class,
	"GPT2TokenizerFast":       gpt2Class,
	"LlamaTokenizer":          llamaClass,
	"LlamaTokenizerFast":      llamaClass,
	"Qwen2Tokenizer":          qwen2Class,
	"Qwen2TokenizerFast":      qwen2Class,
}

// modelClasses gives the class of a model_type of config.json, for folders
// whose tokenizer_config.json gives none.
var modelClasses = map[string]string{
	"opt": gpt2Class, "llama": llamaClass, "mistral": llamaClass, "qwen2": qwen2Class,
}

// readSettings reads the settings of a checkpoint folder. Missing files are
// settings at their defaults.
func readSettings(dir string) (settings, error) {
	return settingsOf(func(name string, v any) error { return readJSON(dir, name, v) })
}

// settingsOf reads settings with read, which reads a file of that name into v,
// or nothing if there is none.
func settingsOf(read func(name string, v any) error) (settings, error) {
	var s settings
	if err := read("tokenizer_config.json", &s); err != nil {
		return s, err
	}
	if s.Class == "" {
		var config struct {
			ModelType string `json:"model_type"`
		}
		if err := read("config.json", &config); err != nil {
			return s, err
		}
		s.Class = modelClasses[config.ModelType]
	} else if class, ok := classes[s.Class]; ok {
		s.Class = class
	} else {
		return s, notImplemented("tokenizer_class", s.Class)
	}
	if s.Added == nil {
		if err := read("special_tokens_map.json", &s.specialTokens); err != nil {
			return s, err
		}
		var ids map[string]int
		if err := read("added_tokens.json", &ids); err != nil {
			return s, err
		}
		s.Added = make(map[int]addedToken, len(ids))
		for content, id := range ids {
			special := hasToken(s.specials(), content)
			s.Added[id] = addedToken{Content: content, Normalized: !special, Special: special}
		}
	}
	s.setDefaults()
	return s, nil
}

// setDefaults sets the special tokens that the class has where none are given.
func (s *settings) setDefaults() {
	set := func(p **specialToken, content string) {
		if *p == nil {
			*p = &specialToken{addedToken{Content: content, Special: true}}
		}
	}
	switch s.Class {
	case gpt2Class:
		set(&s.BOS, "<|endoftext|>")
		set(&s.EOS, "<|endoftext|>")
		set(&s.Unk, "<|endoftext|>")
	case qwen2Class:
		set(&s.EOS, "<|endoftext|>")
		set(&s.Unk, "<|endoftext|>")
		set(&s.Pad, "<|endoftext|>")
	case llamaClass:
		set(&s.BOS, "<s>")
		set(&s.EOS, "</s>")
		set(&s.Unk, "<unk>")
	}
}

// specials returns the special tokens that are given, in transformers' order.
func (s *specialTokens) specials() []addedToken {
	var all []addedToken
	for _, t := range []*specialToken{s.BOS, s.EOS, s.Unk, s.Sep, s.Pad, s.Cls, s.Mask} {
		if t != nil {
			all = append(all, t.addedToken)
		}
	}
	for _, t := range s.Additional {
		all = append(all, t.addedToken)
	}
	return all
}

// hasToken says whether tokens contains one of the given content.
func hasToken(tokens []addedToken, content string) bool {
	return slices.ContainsFunc(tokens, func(t addedToken) bool { return t.Content == content })
}

// tokens returns the added tokens of the settings, which come after those of
// the tokenizer.json.
func (s *settings) tokens(file []addedToken) []addedToken {
	specials := s.specials()
	var tokens []addedToken
	for _, id := range slices.Sorted(maps.Keys(s.Added)) {
		t := s.Added[id]
		t.Special = t.Special || hasToken(specials, t.Content)
		tokens = append(tokens, t)
	}
	for _, t := range specials {
		if !hasToken(file, t.Content) && !hasToken(tokens, t.Content) {
			tokens = append(tokens, t)
		}
	}
	return tokens
}

// adapt changes t, just read from a tokenizer.json, as the class of the
// settings does; byteLevel says that its pre-tokenizer is a ByteLevel and
// nothing else.
func (s *settings) adapt(t *Tokenizer, byteLevel bool) {
	switch s.Class {
	case llamaClass: // makes its template anew
		t.post = template{}
		if s.AddBOS == nil || *s.AddBOS {
			t.post.before = []int{t.added.ids[s.BOS.Content]}
		}
		if s.AddEOS != nil && *s.AddEOS {
			t.post.after = []int{t.added.ids[s.EOS.Content]}
		}
	case gpt2Class: // decides on the prefix space
		if !byteLevel {
			return
		}
		if len(t.splitters) > 0 && t.splitters[0] == splitter(prefixSpace{}) {
			t.splitters = t.splitters[1:]
		}
		if s.AddPrefixSpace != nil && *s.AddPrefixSpace {
			t.splitters = append([]splitter{prefixSpace{}}, t.splitters...)
		}
	}
}

// readJSON reads a file of the folder into v, or nothing if it is missing.
func readJSON(dir, name string, v any) error {
	path := filepath.Join(dir, name)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("tokenizer: %w", err)
	}
	if err := unmarshal(data, v); err != nil {
		return fmt.Errorf("tokenizer: %s: %w", path, err)
	}
	return nil
}
