package tokenizer

import (
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"
)

// rewrite is a normalizer that needs nothing but the text.
type rewrite func(s string) string

func (f rewrite) normalize(s string, budget *int) (string, error) {
	t := f(s)
	if len(t) != len(s) {
		return t, spend(budget, len(t))
	}
	return t, nil
}

func (f rewrite) drops(s string) bool {
	_, n := utf8.DecodeRuneInString(s)
	return f(s[:n]) == ""
}

// lowercase is Unicode's full mapping to small letters, character by character,
// as Rust's char::to_lowercase has it.
func lowercase(s string) string {
	return strings.ReplaceAll(strings.Map(func(r rune) rune {
		if r == 'İ' {
			return r
		}
		return unicode.ToLower(r)
	}, s), "İ", "i\u0307") // the one letter that becomes two
}

// stripAccents drops combining marks, of Unicode 9.0.
func stripAccents(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == 0x1cf2 || r == 0x1cf3: // letters in later versions
			return -1
		case r != 0x111c9 && unicode.Is(unicode.M, r) && !inert(r): // a mark in later ones
			return -1
		}
		return r
	}, s)
}

// nmt drops control characters and makes separators spaces, as SentencePiece's
// nmt_nfkc does beside the normal form.
func nmt(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == 0x7f || r == 0x8f || r == 0x9f || r > 0 && r < ' ' && (r < '\t' || r > '\r' || r == '\v'):
			return -1
		case r == '\t' || r == '\n' || r == '\f' || r == '\r' || r == 0x1680 || r >= 0x200b && r <= 0x200f ||
			r == 0x2028 || r == 0x2029 || r == metaSpace || r == 0xfeff || r == utf8.RuneError:
			return ' '
		}
		return r
	}, s)
}

// fromBytes writes the character of the byte-level alphabet for each byte.
func fromBytes(s string) string {
	alphabet := byteAlphabet()
	var b strings.Builder
	for i := range len(s) {
		b.WriteRune(alphabet[s[i]])
	}
	return b.String()
}

// strip takes white space off the ends.
type strip struct{ left, right bool }

func (n strip) normalize(s string, _ *int) (string, error) {
	if n.left {
		s = strings.TrimLeftFunc(s, unicode.IsSpace)
	}
	if n.right {
		s = strings.TrimRightFunc(s, unicode.IsSpace)
	}
	return s, nil
}

func (n strip) drops(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return n.left && unicode.IsSpace(r)
}

// replaceMatches puts a string for every match of a pattern.
type replaceMatches struct {
	find
	new string
}

// readReplaceNormalizer reads a Replace, whose pattern may be a regular
// expression in a normalizer.
func readReplaceNormalizer(raw json.RawMessage) (normalizer, error) {
	c, err := readReplace("normalizer", raw)
	if err != nil {
		return nil, err
	}
	if c.Pattern.Regex == nil {
		return replace{*c.Pattern.String, c.Content}, nil
	}
	f, err := compile(*c.Pattern.Regex)
	return replaceMatches{f, c.Content}, err
}

func (n replaceMatches) normalize(s string, budget *int) (string, error) {
	matches, err := n.find(s)
	if err != nil || len(matches) == 0 {
		return s, err
	}
	size := len(s)
	for _, m := range matches {
		size += len(n.new) - (m[1] - m[0])
	}
	if err := spend(budget, size); err != nil {
		return "", err
	}
	var b strings.Builder
	done := 0
	for _, m := range matches {
		b.WriteString(s[done:m[0]])
		b.WriteString(n.new)
		done = m[1]
	}
	b.WriteString(s[done:])
	return b.String(), nil
}

func (n replaceMatches) drops(s string) bool {
	if n.new != "" {
		return false
	}
	matches, err := n.find(s) // an error is that of normalize, too
	return err == nil && len(matches) > 0 && matches[0][0] == 0 && matches[0][1] > 0
}
