package tokenizer

import (
	"encoding/json"
	"fmt"
	"strings"
)

// normalizer rewrites a part of the text. It writes no more than budget bytes
// and takes what it writes off it.
type normalizer interface {
	normalize(s string, budget *int) (string, error)
}

// normalizers apply one after the other.
type normalizers []normalizer

func (n normalizers) apply(s string, budget *int) (string, error) {
	for _, one := range n {
		var err error
		if s, err = one.normalize(s, budget); err != nil {
			return "", err
		}
	}
	return s, nil
}

// growthAllowed returns how many bytes the normalizers may write in all for a
// text of n bytes. It is far above what any real one writes, and it stops a
// file whose replacements double the text forty times over.
func growthAllowed(n int) int { return 64*n + 1<<12 }

// spend takes n bytes off the budget.
func spend(budget *int, n int) error {
	if *budget -= n; *budget < 0 {
		return fmt.Errorf("tokenizer: the normalizers of the tokenizer make the text more than 64 times as long")
	}
	return nil
}

// readNormalizers returns the normalizers of a tokenizer.json.
func readNormalizers(raw json.RawMessage) (normalizers, error) {
	const kind = "normalizer"
	typ, err := componentType(kind, raw)
	if err != nil || typ == "" {
		return nil, err
	}
	switch typ {
	case "Sequence":
		var c struct{ Normalizers []json.RawMessage }
		if err := readComponent(kind, typ, raw, &c); err != nil {
			return nil, err
		}
		var all normalizers
		for _, r := range c.Normalizers {
			n, err := readNormalizers(r)
			if err != nil {
				return nil, err
			}
			all = append(all, n...)
		}
		return all, nil
	case "Prepend":
		var c struct{ Prepend string }
		err := readComponent(kind, typ, raw, &c)
		return normalizers{prepend(c.Prepend)}, err
	case "Replace":
		return readReplaceNormalizer(raw)
	case "NFC", "NFD", "NFKC", "NFKD":
		form := map[string]normalForm{"NFC": nfc, "NFD": nfd, "NFKC": nfkc, "NFKD": nfkd}[typ]
		return normalizers{form}, readComponent(kind, typ, raw, &struct{}{})
	case "Lowercase":
		return normalizers{rewrite(lowercase)}, readComponent(kind, typ, raw, &struct{}{})
	case "ByteLevel":
		return normalizers{rewrite(fromBytes)}, readComponent(kind, typ, raw, &struct{}{})
	case "Strip":
		c := struct {
			Left  bool `json:"strip_left"`
			Right bool `json:"strip_right"`
		}{}
		err := readComponent(kind, typ, raw, &c)
		return normalizers{strip{c.Left, c.Right}}, err
	}
	return nil, notImplemented(kind, typ)
}

// prepend puts a string before a text that is not empty.
type prepend string

func (p prepend) normalize(s string, budget *int) (string, error) {
	if s == "" {
		return s, nil
	}
	if err := spend(budget, len(p)+len(s)); err != nil {
		return "", err
	}
	return string(p) + s, nil
}

// replace puts one string for every occurrence of another.
type replace struct{ old, new string }

// readReplace reads the Replace of normalizers and decoders.
func readReplace(kind string, raw json.RawMessage) (replace, error) {
	var c struct {
		Pattern patternSpec
		Content string
	}
	if err := readComponent(kind, "Replace", raw, &c); err != nil {
		return replace{}, err
	}
	switch {
	case c.Pattern.Regex != nil:
		return replace{}, notImplemented(kind, "Replace with a regular expression")
	case c.Pattern.String == nil || *c.Pattern.String == "":
		return replace{}, notImplemented(kind, "Replace with an empty pattern")
	}
	return replace{*c.Pattern.String, c.Content}, nil
}

func (r replace) normalize(s string, budget *int) (string, error) {
	n := strings.Count(s, r.old)
	if n == 0 {
		return s, nil
	}
	if err := spend(budget, len(s)+n*(len(r.new)-len(r.old))); err != nil {
		return "", err
	}
	return strings.ReplaceAll(s, r.old, r.new), nil
}
