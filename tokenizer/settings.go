package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// settings is what the files beside the vocabulary say of special tokens:
// tokenizer_config.json, or what older transformers wrote.
type settings struct {
	Class          string             `json:"tokenizer_class"`
	AddBOS         *bool              `json:"add_bos_token"`
	AddEOS         *bool              `json:"add_eos_token"`
	AddPrefixSpace *bool              `json:"add_prefix_space"`
	Legacy         *bool              `json:"legacy"`
	SplitSpecial   bool               `json:"split_special_tokens"`
	ExtraIDs       *int               `json:"extra_ids"`
	Added          map[int]addedToken `json:"added_tokens_decoder"`
	specialTokens
	// Backend is written by transformers 5, which reads a folder in another way
	// than transformers 4 did: see classes.go.
	Backend   string `json:"backend"`
	modelType string // of config.json
	class     tokenizerClass
	given     map[string]json.RawMessage
}

// v5 says whether transformers 5 wrote the settings.
func (s *settings) v5() bool { return s.Backend != "" }

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
	Extra      extraTokens    `json:"extra_special_tokens"`
	named      []addedToken   // of other roles
}

// extraTokens are special tokens without a role, or with one of their own.
type extraTokens struct {
	list  []specialToken
	named []addedToken
}

// UnmarshalJSON reads a list, or an object of tokens by role.
func (e *extraTokens) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		var err error
		e.named, err = namedTokens(b, func(string) bool { return true })
		return err
	}
	return json.Unmarshal(b, &e.list)
}

// namedTokens returns the tokens of an object, in order, whose names are wanted.
func namedTokens(object []byte, wanted func(name string) bool) ([]addedToken, error) {
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	var all []addedToken
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		var t specialToken
		if wanted(fmt.Sprint(name)) && json.Unmarshal(value, &t) == nil && t.Content != "" {
			all = append(all, t.addedToken)
		}
	}
	return all, nil
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

// readSettings reads the settings of a checkpoint folder. Missing files are
// settings at their defaults.
func readSettings(dir string) (settings, error) {
	return settingsOf(func(name string, v any) error { return readJSON(dir, name, v) })
}

// settingsOf reads settings with read, which reads a file of that name into v,
// or nothing if there is none.
func settingsOf(read func(name string, v any) error) (settings, error) {
	var s settings
	var raw json.RawMessage
	if err := read("tokenizer_config.json", &raw); err != nil {
		return s, err
	}
	if raw != nil {
		for _, v := range []any{&s, &s.given} {
			if err := json.Unmarshal(raw, v); err != nil {
				return s, fmt.Errorf("tokenizer: tokenizer_config.json: %w", err)
			}
		}
	}
	if s.SplitSpecial {
		return s, notImplemented("split_special_tokens", "true (of tokenizer_config.json)")
	}
	var config struct {
		ModelType string `json:"model_type"`
	}
	if s.Class == "" || s.v5() {
		if err := read("config.json", &config); err != nil {
			return s, err
		}
		s.modelType = config.ModelType
	}
	if err := s.setClass(); err != nil {
		return s, err
	}
	if s.v5() {
		if err := s.readRoles(raw); err != nil {
			return s, fmt.Errorf("tokenizer: tokenizer_config.json: %w", err)
		}
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
	if s.class.extra {
		return s, s.addExtraIDs()
	}
	return s, nil
}

// roles are those of the special tokens that every tokenizer has.
func (s *specialTokens) roles() map[string]**specialToken {
	return map[string]**specialToken{
		"bos_token": &s.BOS, "eos_token": &s.EOS, "unk_token": &s.Unk, "sep_token": &s.Sep,
		"pad_token": &s.Pad, "cls_token": &s.Cls, "mask_token": &s.Mask,
	}
}

// readRoles reads the tokens of roles that a model has of its own, such as
// image_token, as transformers 5 does: every setting whose name ends in _token
// and whose value is one.
func (s *settings) readRoles(raw json.RawMessage) error {
	named, err := namedTokens(raw, func(name string) bool {
		_, own := s.roles()[name]
		return strings.HasSuffix(name, "_token") && !own
	})
	s.named = named
	return err
}

// specials returns the special tokens that are given, in transformers' order.
func (s *specialTokens) specials() []addedToken {
	var all []addedToken
	for _, t := range []*specialToken{s.BOS, s.EOS, s.Unk, s.Sep, s.Pad, s.Cls, s.Mask} {
		if t != nil {
			all = append(all, t.addedToken)
		}
	}
	all = append(append(all, s.named...), s.Extra.named...)
	rest := s.Extra.list
	if len(rest) == 0 {
		rest = s.Additional
	}
	for _, t := range rest {
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

// readJSON reads a file of the folder into v, or nothing if it is missing.
func readJSON(dir, name string, v any) error {
	path := filepath.Join(dir, name)
	data, err := readBounded(path)
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
