package tokenizer

import (
	"bytes"
	"fmt"
	"slices"

	"sparsellm/internal/architecture"
)

// Classes of transformers' whose fast tokenizers are a tokenizer.json and what
// is said here. Others are refused by name.
//
// Transformers 4 took the tokenizer.json as it is and changed what puts special
// tokens around a text (Llama) or a space before it (GPT-2). Transformers 5
// makes a tokenizer of the class anew from the vocabulary, the merges and the
// post-processor of the tokenizer.json. The two give other ids for some folders,
// so each folder is read as the version does that wrote it.
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

// setClass decides on the class.
func (s *settings) setClass() error {
	class, known := classes[s.Class]
	switch {
	case s.Class != "" && !known:
		return notImplemented("tokenizer_class", s.Class)
	case s.v5():
		// Transformers 5 knows better than the settings for some models.
		switch {
		case s.modelType == "qwen2":
			class = qwen2Class
		case s.modelType == "mistral" && class == llamaClass, class == "":
			class = plainClass
		}
		s.Class = class
	case s.Class == "":
		a, _ := architecture.Named(s.modelType)
		s.Class = classes[a.Tokenizer]
	default:
		s.Class = class
	}
	return nil
}

// setDefaults sets the special tokens that the class has where the settings do
// not name any.
func (s *settings) setDefaults() {
	set := func(p **specialToken, name, content string) {
		if _, given := s.given[name]; *p == nil && !given { // null is none
			*p = &specialToken{addedToken{Content: content, Special: true}}
		}
	}
	switch s.Class {
	case gpt2Class:
		set(&s.BOS, "bos_token", "<|endoftext|>")
		set(&s.EOS, "eos_token", "<|endoftext|>")
		set(&s.Unk, "unk_token", "<|endoftext|>")
	case qwen2Class:
		set(&s.EOS, "eos_token", "<|endoftext|>")
		set(&s.Unk, "unk_token", "<|endoftext|>")
		set(&s.Pad, "pad_token", "<|endoftext|>")
	case llamaClass:
		set(&s.BOS, "bos_token", "<s>")
		set(&s.EOS, "eos_token", "</s>")
		set(&s.Unk, "unk_token", "<unk>")
	}
}

// rebuild changes the parts of a tokenizer.json, before a tokenizer is made of
// them, as the class does in transformers 5.
func (s *settings) rebuild(file []byte, t *Tokenizer, spec *bpeSpec, byteLevel *bool) {
	if s.Class == llamaClass && bytes.Contains(file, []byte(`"ByteLevel"`)) {
		s.Class = plainClass // LLaMA 3 and others name the class and are not of it
		s.BOS, s.EOS, s.Unk = s.BOS.unlessDefault(s, "bos_token"), s.EOS.unlessDefault(s, "eos_token"), s.Unk.unlessDefault(s, "unk_token")
	}
	if s.Class == plainClass {
		return
	}
	*spec = bpeSpec{Type: spec.Type, Vocab: spec.Vocab, Merges: spec.Merges}
	space := s.AddPrefixSpace != nil && *s.AddPrefixSpace
	*byteLevel = s.Class != llamaClass
	switch s.Class {
	case llamaClass:
		spec.FuseUnk, spec.ByteFallback = true, true
		legacy := s.Legacy != nil && *s.Legacy
		space = space || s.AddPrefixSpace == nil
		t.normalizer = nil
		t.splitters = []splitter{metaspace{char: string(metaSpace), always: space && legacy, first: space && !legacy}}
	case gpt2Class:
		t.normalizer = nil
		t.splitters = []splitter{scanner(scanGPT2)}
	case qwen2Class:
		t.normalizer = normalizers{nfc}
		t.splitters = []splitter{scanners[qwen2Pattern]}
	}
	if space && *byteLevel {
		if s.Class == qwen2Class { // after the cut
			t.splitters = append(t.splitters, prefixSpace{})
		} else {
			t.splitters = slices.Insert(t.splitters, 0, splitter(prefixSpace{}))
		}
	}
}

// unlessDefault returns t unless it is only the default of its role.
func (t *specialToken) unlessDefault(s *settings, role string) *specialToken {
	if _, given := s.given[role]; !given {
		return nil
	}
	return t
}

// tokensAgain are those that the class adds once more in transformers 5, with
// flags at their defaults.
func (s *settings) tokensAgain() []addedToken {
	if s.Class != qwen2Class || !s.v5() {
		return nil
	}
	var again []addedToken
	for _, t := range s.specials() {
		again = append(again, addedToken{Content: t.Content, Special: true})
	}
	return again
}

// adapt changes t, just read from a tokenizer.json, as the class of the
// settings does in transformers 4; byteLevel says that its pre-tokenizer is a
// ByteLevel and nothing else.
func (s *settings) adapt(t *Tokenizer, byteLevel bool) (err error) {
	switch s.Class {
	case llamaClass: // makes its template anew
		t.post = template{}
		if s.AddBOS == nil || *s.AddBOS {
			if t.post.before, err = t.special("BOS", s.BOS); err != nil {
				return err
			}
		}
		if s.AddEOS != nil && *s.AddEOS {
			t.post.after, err = t.special("EOS", s.EOS)
		}
	case gpt2Class: // decides on the prefix space
		if !byteLevel {
			return nil
		}
		if len(t.splitters) > 0 && t.splitters[0] == splitter(prefixSpace{}) {
			t.splitters = t.splitters[1:]
		}
		if s.AddPrefixSpace != nil && *s.AddPrefixSpace {
			t.splitters = append([]splitter{prefixSpace{}}, t.splitters...)
		}
	}
	return err
}

// special returns the id of a special token that is wanted around a text.
func (t *Tokenizer) special(role string, token *specialToken) ([]int, error) {
	if token == nil {
		return nil, fmt.Errorf("tokenizer: tokenizer_config.json asks for a %s but names none", role)
	}
	return []int{t.added.ids[token.Content]}, nil
}
