package tokenizer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"sparsellm/internal/architecture"
)

// tokenizerClass is one of transformers' whose fast tokenizers are a tokenizer.json and
// what is said here. Others are refused by name. The zero class is that of a
// tokenizer.json and nothing else.
//
// Transformers 4 took the tokenizer.json as it is and changed what puts special
// tokens around a text or a space before it. Transformers 5 makes a tokenizer of
// the class anew from the vocabulary, the merges and the post-processor of the
// tokenizer.json. The two give other ids for some folders, so each folder is read
// as the version does that wrote it.
type tokenizerClass struct {
	names []string // that tokenizer_config.json may give; Fast may follow

	// roles are the special tokens where the settings name none, and roles5 the
	// further ones of transformers 5.
	roles, roles5 map[string]string

	// In transformers 4: whether the template is made anew, and whether it then
	// has a BOS unless the settings say otherwise; and before what a prefix space
	// is put.
	template, bos bool
	prefix        prefix

	// parts are the normalizers and splitters that the class has in transformers
	// 5, and with a vocab.json and a merges.txt; nil keeps those of the file.
	// space says that words begin with a space.
	parts     func(s *settings, space bool) (normalizers, []splitter)
	pair      bool // read from vocab.json and merges.txt
	byteLevel bool
	fallback  bool // unknown characters are bytes, and fused if they have none
	unknown   bool // the model has the unknown token of the settings
	bare      bool // transformers 5 drops the template of the file
	again     bool // and adds the special tokens once more, with flags at their defaults

	extra bool // has <extra_id_0> and so on, and in transformers 5 an EOS after the text

	// convert makes a tokenizer, and tokens to add, of a model of SentencePiece;
	// nil is refused.
	convert func(m *spModel, s *settings) (*Tokenizer, []addedToken, error)
}

// prefix says which of the ByteLevels of a tokenizer.json a prefix space is set
// for in transformers 4.
type prefix int

const (
	ownPrefix   prefix = iota // that of the file stays
	alonePrefix               // one that is the whole pre-tokenizer has what the settings say
	eachPrefix                // every one has it if the settings say so
)

const endOfText = "<|endoftext|>"

var (
	endRoles   = map[string]string{"bos_token": endOfText, "eos_token": endOfText, "unk_token": endOfText}
	llamaRoles = map[string]string{"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
)

// classes are those that are known.
var classes = []tokenizerClass{
	{names: []string{"PreTrainedTokenizerFast", "TokenizersBackend"}, convert: convertPlain},
	{
		names: []string{"GPT2Tokenizer", "CodeGenTokenizer"}, roles: endRoles, prefix: alonePrefix,
		parts: byteLevelParts(nil), pair: true, byteLevel: true,
	},
	{
		names: []string{"GPTNeoXTokenizer"}, roles: endRoles, roles5: map[string]string{"pad_token": "<|padding|>"},
		template: true, prefix: alonePrefix, parts: byteLevelParts(normalizers{nfc}), byteLevel: true, bare: true,
	},
	{
		names: []string{"Qwen2Tokenizer"}, roles: map[string]string{"eos_token": endOfText, "unk_token": endOfText, "pad_token": endOfText},
		parts: qwen2Parts, pair: true, byteLevel: true, again: true,
	},
	{
		names: []string{"LlamaTokenizer"}, roles: llamaRoles, template: true, bos: true,
		parts: llamaParts, fallback: true, convert: convertLlama,
	},
	{
		names: []string{"GemmaTokenizer"}, template: true, bos: true,
		roles:  map[string]string{"bos_token": "<bos>", "eos_token": "<eos>", "unk_token": "<unk>", "pad_token": "<pad>"},
		roles5: map[string]string{"mask_token": "<mask>"},
		parts:  gemmaParts, fallback: true, unknown: true, convert: convertGemma,
	},
	{
		names: []string{"BloomTokenizer"}, prefix: eachPrefix,
		roles: map[string]string{"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"},
	},
	{
		names: []string{"CohereTokenizer"}, template: true, bos: true, prefix: eachPrefix,
		roles:  map[string]string{"bos_token": "<BOS_TOKEN>", "eos_token": "<|END_OF_TURN_TOKEN|>", "unk_token": "<UNK>"},
		roles5: map[string]string{"pad_token": "<PAD>", "cls_token": "<CLS>", "sep_token": "<SEP>", "mask_token": "<MASK_TOKEN>"},
		parts:  cohereParts, byteLevel: true,
	},
	{
		names: []string{"T5Tokenizer"}, extra: true, convert: convertT5,
		roles: map[string]string{"eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"},
	},
}

// classNamed returns the class of a name.
func classNamed(name string) (tokenizerClass, bool) {
	i := slices.IndexFunc(classes, func(c tokenizerClass) bool {
		return slices.Contains(c.names, name) || slices.Contains(c.names, strings.TrimSuffix(name, "Fast"))
	})
	if i < 0 {
		return tokenizerClass{}, false
	}
	return classes[i], true
}

// setClass decides on the class.
func (s *settings) setClass() error {
	name := s.Class
	a, _ := architecture.Named(s.modelType)
	switch {
	case s.v5() && a.Tokenizer5 != "":
		name = a.Tokenizer5
	case name == "" && s.v5():
		return nil
	case name == "":
		name = a.Tokenizer
	}
	var known bool
	if s.class, known = classNamed(name); !known && name != "" {
		return notImplemented("tokenizer_class", name)
	}
	if s.v5() && s.class.parts == nil && !s.class.extra {
		s.class = tokenizerClass{} // BLOOM's is no more
	}
	return nil
}

// pieces is the name of the class's model of SentencePiece.
func (c *tokenizerClass) pieces() string {
	if c.extra {
		return "spiece.model"
	}
	return "tokenizer.model"
}

// unigram returns the model of a tokenizer.json of type Unigram, as the class
// has it; it may change t's other parts.
func (s *settings) unigram(raw json.RawMessage, t *Tokenizer, byteLevel bool) (vocabulary, error) {
	spec, err := readUnigram(raw)
	switch {
	case err != nil:
		return nil, err
	case s.v5() && s.class.parts != nil:
		return nil, notImplemented("model", "Unigram of a "+s.class.names[0])
	case s.v5() && s.class.extra:
		unknown := int64(2)
		spec.UnkID, spec.ByteFallback = &unknown, false
		t.normalizer = slices.DeleteFunc(t.normalizer, func(n normalizer) bool { _, ok := n.(*precompiled); return !ok })
		t.normalizer = t.normalizer[:min(1, len(t.normalizer))]
		t.splitters = []splitter{removeChars(unicode.IsSpace), metaspace{char: string(metaSpace), always: true, cut: true}}
	case byteLevel:
		t.splitters = append(t.splitters, alphabetize{})
	}
	return newUnigram(spec)
}

// setDefaults sets the special tokens that the class has where the settings do
// not name any.
func (s *settings) setDefaults() {
	for role, token := range s.roles() {
		given := s.given[role] != nil // null is none
		content := s.class.roles[role]
		if more, ok := s.class.roles5[role]; ok && s.v5() {
			content = more
		}
		if *token == nil && !given && content != "" {
			*token = &specialToken{addedToken{Content: content, Special: true}}
		}
	}
}

// byteLevelParts are those of GPT-2, with normalizers before.
func byteLevelParts(n normalizers) func(*settings, bool) (normalizers, []splitter) {
	return func(_ *settings, space bool) (normalizers, []splitter) {
		if space {
			return n, []splitter{prefixSpace{}, scanner(scanGPT2)}
		}
		return n, []splitter{scanner(scanGPT2)}
	}
}

func qwen2Parts(_ *settings, space bool) (normalizers, []splitter) {
	if space { // after the cut
		return normalizers{nfc}, []splitter{scanners[qwen2Pattern], prefixSpace{}}
	}
	return normalizers{nfc}, []splitter{scanners[qwen2Pattern]}
}

func cohereParts(_ *settings, space bool) (normalizers, []splitter) {
	all := []splitter{digits{individual: true}}
	if space {
		all = append(all, prefixSpace{})
	}
	return normalizers{nfc}, append(all, scanner(scanGPT2))
}

func llamaParts(s *settings, space bool) (normalizers, []splitter) {
	legacy := s.Legacy != nil && *s.Legacy
	space = space || s.AddPrefixSpace == nil
	return nil, []splitter{metaspace{char: string(metaSpace), always: space && legacy, first: space && !legacy}}
}

func gemmaParts(*settings, bool) (normalizers, []splitter) {
	return normalizers{replace{" ", string(metaSpace)}}, []splitter{split{findString(" "), mergedWithPrevious, false}}
}

// space says whether the settings ask for a prefix space.
func (s *settings) space() bool { return s.AddPrefixSpace != nil && *s.AddPrefixSpace }

// rebuild changes the parts of a tokenizer.json, before a tokenizer is made of
// them, as the class does in transformers 5.
func (s *settings) rebuild(file []byte, t *Tokenizer, spec *bpeSpec, byteLevel *bool) {
	if slices.Contains(s.class.names, "LlamaTokenizer") && bytes.Contains(file, []byte(`"ByteLevel"`)) {
		// LLaMA 3 and others name the class and are not of it.
		for role, token := range s.roles() {
			if s.given[role] == nil {
				*token = nil
			}
		}
		s.class = tokenizerClass{}
	}
	if s.class.parts == nil {
		return
	}
	*spec = bpeSpec{Type: spec.Type, Vocab: spec.Vocab, Merges: spec.Merges, FuseUnk: s.class.fallback, ByteFallback: s.class.fallback}
	if s.class.unknown && s.Unk != nil {
		spec.UnkToken = &s.Unk.Content
	}
	*byteLevel = s.class.byteLevel
	t.normalizer, t.splitters = s.class.parts(s, s.space())
	if s.class.bare {
		t.post = template{}
	}
}

// tokensAgain are those that the class adds once more in transformers 5, with
// flags at their defaults.
func (s *settings) tokensAgain() []addedToken {
	if !s.class.again || !s.v5() {
		return nil
	}
	var again []addedToken
	for _, t := range s.specials() {
		again = append(again, addedToken{Content: t.Content, Special: true})
	}
	return again
}

// prefixed changes the pre-tokenizer of a tokenizer.json, before it is read, as
// the class does in transformers 4.
func (s *settings) prefixed(pre json.RawMessage) json.RawMessage {
	if s.class.prefix != eachPrefix || !s.space() {
		return pre
	}
	var b bytes.Buffer
	if json.Compact(&b, pre) != nil {
		return pre // what reads it says why
	}
	return bytes.ReplaceAll(b.Bytes(), []byte(`"add_prefix_space":false`), []byte(`"add_prefix_space":true`))
}

// adapt changes t, just read from a tokenizer.json, as the class of the
// settings does in transformers 4; byteLevel says that its pre-tokenizer is a
// ByteLevel and nothing else.
func (s *settings) adapt(t *Tokenizer, byteLevel bool) (err error) {
	if s.class.template {
		t.post = template{}
		if s.AddBOS == nil && s.class.bos || s.AddBOS != nil && *s.AddBOS {
			if t.post.before, err = t.special("BOS", s.BOS); err != nil {
				return err
			}
		}
		if s.AddEOS != nil && *s.AddEOS {
			if t.post.after, err = t.special("EOS", s.EOS); err != nil {
				return err
			}
		}
	}
	if s.class.prefix == alonePrefix && byteLevel {
		if len(t.splitters) > 0 && t.splitters[0] == splitter(prefixSpace{}) {
			t.splitters = t.splitters[1:]
		}
		if s.space() {
			t.splitters = append([]splitter{prefixSpace{}}, t.splitters...)
		}
	}
	return nil
}

// special returns the id of a special token that is wanted around a text.
func (t *Tokenizer) special(role string, token *specialToken) ([]int, error) {
	if token == nil {
		return nil, fmt.Errorf("tokenizer: tokenizer_config.json asks for a %s but names none", role)
	}
	return []int{t.added.ids[token.Content]}, nil
}
