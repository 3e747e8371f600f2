package tokenizer

import (
	"encoding/json"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/rangetable"
)

// readCharSplit returns the pre-tokenizers that look at one character at a time.
func readCharSplit(typ string, raw json.RawMessage) ([]splitter, error) {
	const kind = "pre-tokenizer"
	none := func() error { return readComponent(kind, typ, raw, &struct{}{}) }
	switch typ {
	case "Whitespace":
		return []splitter{scanWords{}}, none()
	case "WhitespaceSplit":
		return []splitter{removeChars(unicode.IsSpace)}, none()
	case "BertPreTokenizer":
		return []splitter{removeChars(unicode.IsSpace), split{findChars(isPunctuation), isolated, false}}, none()
	case "CharDelimiterSplit":
		var c struct{ Delimiter string }
		if err := readComponent(kind, typ, raw, &c); err != nil {
			return nil, err
		}
		if utf8.RuneCountInString(c.Delimiter) != 1 {
			return nil, notImplemented(kind, typ+" with a delimiter that is not one character")
		}
		return []splitter{split{findString(c.Delimiter), removed, false}}, nil
	case "Punctuation":
		c := struct{ Behavior behavior }{isolated}
		if err := readComponent(kind, typ, raw, &c); err != nil {
			return nil, err
		}
		return []splitter{split{findChars(isPunctuation), c.Behavior, false}}, c.Behavior.check(typ)
	}
	return nil, notImplemented(kind, typ)
}

// findChars finds each character that is of a kind.
func findChars(is func(rune) bool) find {
	return func(s string) ([][2]int, error) {
		var all [][2]int
		for i, r := range s {
			if is(r) {
				all = append(all, [2]int{i, i + utf8.RuneLen(r)})
			}
		}
		return all, nil
	}
}

// removeChars cuts at each character of a kind, and drops it.
type removeChars func(r rune) bool

func (is removeChars) split(dst []string, s string, _ bool) ([]string, error) {
	start := 0
	for i, r := range s {
		if is(r) {
			if start < i {
				dst = append(dst, s[start:i])
			}
			start = i + utf8.RuneLen(r)
		}
	}
	if start < len(s) {
		dst = append(dst, s[start:])
	}
	return dst, nil
}

func (is removeChars) drops(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return is(r)
}

// isPunctuation is what Hugging Face's tokenizers take for punctuation: ASCII
// symbols, and the category P of Unicode 8.
func isPunctuation(r rune) bool {
	if r < utf8.RuneSelf {
		return unicode.IsPunct(r) || unicode.IsSymbol(r)
	}
	return unicode.IsPunct(r) && unicode.Is(unicode8, r) || r == 0x166d || r == 0x111c9 // a symbol and a mark in later versions
}

// unicode8 holds the characters that were assigned in Unicode 8.0.
var unicode8 = rangetable.Assigned("8.0.0")

// scanWords takes out runs of word characters, and runs of what is neither such
// nor white space.
type scanWords struct{}

func (scanWords) drops(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsSpace(r)
}

func (scanWords) split(dst []string, s string, _ bool) ([]string, error) {
	start, last := 0, space // s[start:i] is of one kind
	for i, r := range s {
		kind := other
		switch {
		case unicode.IsSpace(r):
			kind = space
		case isWord(r):
			kind = letter
		}
		if kind != last {
			if last != space {
				dst = append(dst, s[start:i])
			}
			start, last = i, kind
		}
	}
	if last != space {
		dst = append(dst, s[start:])
	}
	return dst, nil
}
