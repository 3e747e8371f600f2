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

// apply returns what s becomes, and whether that begins where s does: some drop
// what s begins with.
func (n normalizers) apply(s string, budget *int) (normal string, whole bool, err error) {
	whole = true
	for _, one := range n {
		if d, ok := one.(dropper); ok && whole && s != "" {
			whole = !d.drops(s)
		}
		if s, err = one.normalize(s, budget); err != nil {
			return "", false, err
		}
	}
	return s, whole, nil
}

// dropper is a normalizer or a splitter that may drop what a text begins with.
type dropper interface {
	// drops says whether it drops the start of s, which is not empty.
	drops(s string) bool
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
func readNormalizers(raw json.RawMessage) (all normalizers, err error) {
	err = eachComponent("normalizer", "normalizers", raw, func(typ string, raw json.RawMessage) error {
		n, err := readNormalizer(typ, raw)
		all = append(all, n)
		return err
	})
	return all, err
}

func readNormalizer(typ string, raw json.RawMessage) (normalizer, error) {
	const kind = "normalizer"
	switch typ {
	case "Prepend":
		var c struct{ Prepend string }
		err := readComponent(kind, typ, raw, &c)
		return prepend(c.Prepend), err
	case "Replace":
		return readReplaceNormalizer(raw)
	case "NFC", "NFD", "NFKC", "NFKD":
		form := map[string]normalForm{"NFC": nfc, "NFD": nfd, "NFKC": nfkc, "NFKD": nfkd}[typ]
		return form, readComponent(kind, typ, raw, &struct{}{})
	case "Precompiled":
		return readPrecompiled(raw)
	case "StripAccents":
		return rewrite(stripAccents), readComponent(kind, typ, raw, &struct{}{})
	case "Nmt":
		return rewrite(nmt), readComponent(kind, typ, raw, &struct{}{})
	case "Lowercase":
		return rewrite(lowercase), readComponent(kind, typ, raw, &struct{}{})
	case "ByteLevel":
		return rewrite(fromBytes), readComponent(kind, typ, raw, &struct{}{})
	case "Strip":
		c := struct {
			Left  bool `json:"strip_left"`
			Right bool `json:"strip_right"`
		}{}
		err := readComponent(kind, typ, raw, &c)
		return strip{c.Left, c.Right}, err
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
func readReplace(kind string, raw json.RawMessage) (replacement, error) {
	var c replacement
	err := readComponent(kind, "Replace", raw, &c)
	if err == nil && c.Pattern.Regex == nil && (c.Pattern.String == nil || *c.Pattern.String == "") {
		err = notImplemented(kind, "Replace with an empty pattern")
	}
	return c, err
}

// replacement is a Replace as the file has it.
type replacement struct {
	Pattern patternSpec
	Content string
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

func (r replace) drops(s string) bool { return r.new == "" && strings.HasPrefix(s, r.old) }
