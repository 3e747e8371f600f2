package tokenizer

import (
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"
)

// splitter cuts a word into smaller ones.
type splitter interface {
	// split appends the words of s, none of them empty, to dst. first says
	// that s begins the text. s is not empty.
	split(dst []string, s string, first bool) ([]string, error)
}

// readPreTokenizer returns the splitters of a tokenizer.json, and whether the
// last of them is followed by the change to the byte-level alphabet, which the
// model then makes. A change before others is a splitter.
func readPreTokenizer(raw json.RawMessage) (all []splitter, byteLevel bool, err error) {
	const kind = "pre-tokenizer"
	err = eachComponent(kind, "pretokenizers", raw, func(typ string, raw json.RawMessage) error {
		if byteLevel {
			all = append(all, alphabetize{})
		}
		byteLevel = typ == "ByteLevel"
		some, err := readSplitters(typ, raw)
		all = append(all, some...)
		return err
	})
	return all, byteLevel, err
}

func readSplitters(typ string, raw json.RawMessage) (all []splitter, err error) {
	const kind = "pre-tokenizer"
	switch typ {
	case "ByteLevel":
		c := struct {
			AddPrefixSpace bool  `json:"add_prefix_space"`
			TrimOffsets    bool  `json:"trim_offsets"` // moves offsets, not ids
			UseRegex       *bool `json:"use_regex"`
		}{}
		if err := readComponent(kind, typ, raw, &c); err != nil {
			return nil, err
		}
		if c.AddPrefixSpace {
			all = append(all, prefixSpace{})
		}
		if c.UseRegex == nil || *c.UseRegex {
			all = append(all, scanner(scanGPT2))
		}
		return all, nil
	case "Digits":
		var c struct {
			Individual bool `json:"individual_digits"`
		}
		err := readComponent(kind, typ, raw, &c)
		return []splitter{digits{c.Individual}}, err
	case "Split":
		s, err := readSplit(raw)
		return []splitter{s}, err
	case "Metaspace":
		m, err := readMetaspace(raw)
		return []splitter{m}, err
	}
	return readCharSplit(typ, raw)
}

// split cuts s into the words that the scanner finds.
func (scan scanner) split(dst []string, s string, _ bool) ([]string, error) {
	for len(s) > 0 {
		n := scan(s)
		dst = append(dst, s[:n])
		s = s[n:]
	}
	return dst, nil
}

// prefixSpace puts a space before a word that does not begin with one.
type prefixSpace struct{}

func (prefixSpace) split(dst []string, s string, _ bool) ([]string, error) {
	if s[0] != ' ' {
		s = " " + s
	}
	return append(dst, s), nil
}

// alphabetize writes a word in the byte-level alphabet.
type alphabetize struct{}

func (alphabetize) split(dst []string, s string, _ bool) ([]string, error) {
	return append(dst, fromBytes(s)), nil
}

// digits cuts around runs of numeric characters, or around each one.
type digits struct{ individual bool }

func (d digits) split(dst []string, s string, _ bool) ([]string, error) {
	start, last := 0, false // s[start:i] is of one kind, numeric if last
	for i, r := range s {
		numeric := unicode.IsNumber(r)
		if i > 0 && (numeric != last || numeric && d.individual) {
			dst = append(dst, s[start:i])
			start = i
		}
		last = numeric
	}
	return append(dst, s[start:]), nil
}

// metaspace writes a ▁ for each space, puts one before words as its scheme
// says, and may cut before each.
type metaspace struct {
	char          string
	always, first bool // put one before every word, or the text's first
	cut           bool
}

// readMetaspace reads the Metaspace of pre-tokenizers and decoders.
func readMetaspace(raw json.RawMessage) (metaspace, error) {
	const typ = "Metaspace"
	c := struct {
		Replacement    string  `json:"replacement"`
		PrependScheme  string  `json:"prepend_scheme"`
		AddPrefixSpace *bool   `json:"add_prefix_space"`
		Split          *bool   `json:"split"`
		StrRep         *string `json:"str_rep"` // written by old versions, never read
	}{PrependScheme: "always"}
	if err := readComponent(typ, "", raw, &c); err != nil {
		return metaspace{}, err
	}
	if utf8.RuneCountInString(c.Replacement) != 1 {
		return metaspace{}, notImplemented(typ, "with a replacement that is not one character")
	}
	if c.AddPrefixSpace != nil && !*c.AddPrefixSpace {
		c.PrependScheme = "never"
	}
	m := metaspace{char: c.Replacement, cut: c.Split == nil || *c.Split}
	switch c.PrependScheme {
	case "always":
		m.always = true
	case "first":
		m.first = true
	case "never":
	default:
		return m, notImplemented(typ, "with prepend_scheme "+c.PrependScheme)
	}
	return m, nil
}

func (m metaspace) split(dst []string, s string, first bool) ([]string, error) {
	s = strings.ReplaceAll(s, " ", m.char)
	if (m.always || m.first && first) && !strings.HasPrefix(s, m.char) {
		s = m.char + s
	}
	if !m.cut {
		return append(dst, s), nil
	}
	for {
		_, n := utf8.DecodeRuneInString(s)
		next := strings.Index(s[n:], m.char)
		if next < 0 {
			return append(dst, s), nil
		}
		dst = append(dst, s[:n+next])
		s = s[n+next:]
	}
}
