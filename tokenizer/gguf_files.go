package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// FilesOfGGUF makes of a GGUF file's metadata, in which lists are []string or
// []float64, the files that a checkpoint folder has of the same tokenizer:
// tokenizer.json and tokenizer_config.json, by name. Ids are those of the
// tokenizer that the GGUF was made of, as far as it says which that was: of
// SentencePiece's, spaces are put before texts as LLaMA 2 does it, as llama.cpp
// has it, too. A tokenizer that is not known is refused by its name.
func FilesOfGGUF(meta map[string]any) (map[string][]byte, error) {
	g, err := ggufFields(meta)
	if err != nil {
		return nil, err
	}
	return g.files()
}

// component is one of a tokenizer.json.
type component map[string]any

// tokenizerJSON is a tokenizer.json.
type tokenizerJSON struct {
	Version       string      `json:"version"`
	Truncation    any         `json:"truncation"`
	Padding       any         `json:"padding"`
	Added         []ggufAdded `json:"added_tokens"`
	Normalizer    any         `json:"normalizer"`
	PreTokenizer  any         `json:"pre_tokenizer"`
	PostProcessor any         `json:"post_processor"`
	Decoder       any         `json:"decoder"`
	Model         struct {
		Type         string          `json:"type"`
		Dropout      any             `json:"dropout"`
		Unknown      *string         `json:"unk_token"`
		Prefix       any             `json:"continuing_subword_prefix"`
		Suffix       any             `json:"end_of_word_suffix"`
		FuseUnk      bool            `json:"fuse_unk"`
		ByteFallback bool            `json:"byte_fallback"`
		IgnoreMerges bool            `json:"ignore_merges"`
		Vocab        json.RawMessage `json:"vocab"`
		Merges       json.RawMessage `json:"merges"`
	} `json:"model"`
}

func (g *GGUF) files() (map[string][]byte, error) {
	if err := g.check(); err != nil {
		return nil, err
	}
	f := &tokenizerJSON{Version: "1.0"}
	f.Model.Type = "BPE"
	bos := g.AddBOS != nil && *g.AddBOS
	var err error
	switch g.Model {
	case "gpt2":
		name := g.Pre
		if of := preOfArchitecture[g.Architecture]; of != "" && (name == "" || name == "default") {
			name = of
		}
		pre, ok := preNamed(name)
		switch {
		case name == "":
			return nil, errors.New("tokenizer: the GGUF does not say what cuts texts into words (tokenizer.ggml.pre): it is an old one, take one that was converted later")
		case !ok:
			return nil, notImplemented("pre-tokenizer", fmt.Sprintf("%q of a GGUF", g.Pre))
		}
		bos = bos || g.AddBOS == nil && pre.bos
		err = g.byteLevel(f, pre)
	case "llama":
		bos = bos || g.AddBOS == nil
		err = g.pieces(f)
	default:
		return nil, notImplemented("model", fmt.Sprintf("%q of a GGUF", g.Model))
	}
	if err == nil {
		f.Added = g.added()
		f.PostProcessor, err = g.around(bos)
	}
	if err != nil {
		return nil, err
	}
	text, err := compactJSON(f)
	if err != nil {
		return nil, err
	}
	config, err := g.config()
	return map[string][]byte{"tokenizer.json": text, "tokenizer_config.json": config}, err
}

// config is the tokenizer_config.json. Its class takes the tokenizer.json as it
// is.
func (g *GGUF) config() ([]byte, error) {
	c := map[string]any{"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false}
	for role, id := range map[string]*int{"bos_token": g.BOS, "eos_token": g.EOS, "unk_token": g.Unknown, "pad_token": g.Pad} {
		if token := g.token(id); token != "" {
			c[role] = token
		}
	}
	switch one, ok := g.Templates["default"]; {
	case ok && len(g.Templates) == 1:
		c["chat_template"] = one
	case len(g.Templates) > 0:
		var named []map[string]string
		for _, name := range slices.Sorted(maps.Keys(g.Templates)) {
			named = append(named, map[string]string{"name": name, "template": g.Templates[name]})
		}
		c["chat_template"] = named
	}
	return compactJSON(c)
}

// around is the post-processor: of what is put before and after a text.
func (g *GGUF) around(bos bool) (component, error) {
	eos := g.AddEOS != nil && *g.AddEOS
	if !bos && !eos {
		return nil, nil
	}
	special := map[string]component{}
	mark := func(wanted bool, role string, id *int) ([]component, error) {
		token := g.token(id)
		if !wanted {
			return nil, nil
		}
		if token == "" {
			return nil, fmt.Errorf("tokenizer: the GGUF asks for a %s but names none", role)
		}
		special[token] = component{"id": token, "ids": []int{*id}, "tokens": []string{token}}
		return []component{{"SpecialToken": component{"id": token, "type_id": 0}}}, nil
	}
	before, err := mark(bos, "BOS", g.BOS)
	after, end := mark(eos, "EOS", g.EOS)
	if err := errors.Join(err, end); err != nil {
		return nil, err
	}
	text := func(id string) []component {
		return slices.Concat(before, []component{{"Sequence": component{"id": id, "type_id": 0}}}, after)
	}
	return component{"type": "TemplateProcessing", "single": text("A"), "pair": append(text("A"), text("B")...), "special_tokens": special}, nil
}

// byteLevel sets the parts of byte-level BPE.
func (g *GGUF) byteLevel(f *tokenizerJSON, pre preTokenizer) (err error) {
	if len(g.Merges) == 0 {
		return errors.New("tokenizer: the GGUF has no merges")
	}
	if pre.nfc {
		f.Normalizer = component{"type": "NFC"}
	}
	level := component{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false}
	var cuts []component
	for _, pattern := range pre.patterns {
		switch pattern {
		case gpt2Pattern: // which ByteLevel has itself, and no other comes after it
			level["use_regex"] = true
		case digitPattern:
			cuts = append(cuts, component{"type": "Digits", "individual_digits": true})
		default:
			cuts = append(cuts, component{"type": "Split", "pattern": component{"Regex": pattern}, "behavior": "Isolated", "invert": false})
		}
	}
	f.PreTokenizer = component{"type": "Sequence", "pretokenizers": append(cuts, level)}
	f.Decoder = component{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true}
	f.Model.IgnoreMerges = pre.whole
	for _, m := range g.Merges {
		if strings.Count(m, " ") != 1 {
			return fmt.Errorf("tokenizer: the merge %.40q of the GGUF is not two tokens with a space between", m)
		}
	}
	if f.Model.Vocab, err = vocabularyJSON(len(g.Tokens), func(id int) string {
		if g.kind(id) == unusedPiece { // what fills up the rows of a matrix
			return ""
		}
		return g.Tokens[id]
	}); err != nil {
		return err
	}
	f.Model.Merges, err = compactJSON(g.Merges)
	return err
}

// pieces sets the parts of SentencePiece's BPE.
func (g *GGUF) pieces(f *tokenizerJSON) (err error) {
	if len(g.Scores) == 0 || len(g.Types) == 0 {
		return errors.New("tokenizer: the GGUF has no scores or no types of tokens")
	}
	m := &spModel{unknownText: "<unk>"}
	for id, token := range g.Tokens {
		p := spPiece{token, g.Scores[id], g.kind(id)}
		if g.spaces(token) {
			p.text = strings.Repeat(string(metaSpace), len(token))
		}
		if g.Unknown != nil && id == *g.Unknown && p.kind == controlPiece {
			p.kind = unknownPiece // which transformers has as an ordinary special token
		}
		if p.kind == unknownPiece {
			m.unknownText = p.text
		}
		m.pieces = append(m.pieces, p)
	}
	if err := m.index(); err != nil {
		return fmt.Errorf("tokenizer: the GGUF's vocabulary cannot be read: %w", err)
	}
	prefix := !g.gemma() && (g.AddSpacePrefix == nil || *g.AddSpacePrefix)
	vocab := m.vocabulary()
	meta := string(metaSpace)
	spaces := component{"type": "Replace", "pattern": component{"String": " "}, "content": meta}
	switch {
	case g.gemma():
		f.Normalizer = spaces
		f.PreTokenizer = component{"type": "Split", "pattern": component{"String": " "}, "behavior": "MergedWithPrevious", "invert": false}
		for id := range vocab {
			vocab[id].score = -float64(id) // the order of its merges is that of the tokens
		}
	case prefix:
		f.Normalizer = component{"type": "Sequence", "normalizers": []component{{"type": "Prepend", "prepend": meta}, spaces}}
	default:
		f.Normalizer = spaces
	}
	decoders := []component{{"type": "Replace", "pattern": component{"String": meta}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}}
	if prefix {
		decoders = append(decoders, component{"type": "Strip", "content": " ", "start": 1, "stop": 0})
	}
	f.Decoder = component{"type": "Sequence", "decoders": decoders}
	f.Model.Unknown, f.Model.FuseUnk, f.Model.ByteFallback = &m.unknownText, true, true
	if f.Model.Vocab, err = vocabularyJSON(len(vocab), func(id int) string { return vocab[id].token }); err != nil {
		return err
	}
	f.Model.Merges, err = mergesJSON(mergesOf(vocab, m.ids))
	return err
}

// vocabularyJSON is an object of n tokens with their ids, in order.
func vocabularyJSON(n int, token func(id int) string) ([]byte, error) {
	b := []byte{'{'}
	for id := range n {
		text := token(id)
		if text == "" {
			continue
		}
		if !utf8.ValidString(text) {
			return nil, fmt.Errorf("tokenizer: token %d of the GGUF, %.40q, is not UTF-8", id, text)
		}
		name, err := compactJSON(text)
		if err != nil {
			return nil, err
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = fmt.Appendf(append(b, name...), ":%d", id)
	}
	return append(b, '}'), nil
}

// mergesJSON is a list of merges in the form that all versions of Hugging
// Face's tokenizers read, if no token has a space in it.
func mergesJSON(merges []mergeSpec) ([]byte, error) {
	pairs, texts := make([][2]string, len(merges)), make([]string, len(merges))
	spaced := false
	for i, m := range merges {
		pairs[i], texts[i] = [2]string{m.left, m.right}, m.left+" "+m.right
		spaced = spaced || strings.Count(texts[i], " ") > 1
	}
	if spaced {
		return compactJSON(pairs)
	}
	return compactJSON(texts)
}

// compactJSON is JSON as Python writes it: <, > and & as they are.
func compactJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
