package tokenizer

import (
	"encoding/json"
	"unicode"
	"unicode/utf8"
)

// readCharSplit returns the pre-tokenizers that look at one character at a time.
func readCharSplit(typ string, raw json.RawMessage) ([]splitter, error) {
	const kind = "pre-tokenizer"
	none := func() error { return readComponent(kind, typ, raw, &struct{}{}) }
	switch typ {
	case "Whitespace":
		return []splitter{scanWords{}}, none()
	case "WhitespaceSplit":
		return []splitter{split{findChars(unicode.IsSpace), removed, false}}, none()
	case "BertPreTokenizer":
		return []splitter{split{findChars(unicode.IsSpace), removed, false}, split{findChars(isPunctuation), isolated, false}}, none()
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

// isPunctuation is what Hugging Face's tokenizers take for punctuation: ASCII
// symbols, and the category P of Unicode 8.
func isPunctuation(r rune) bool {
	if r < utf8.RuneSelf {
		return unicode.IsPunct(r) || unicode.IsSymbol(r)
	}
	return unicode.IsPunct(r) && !unicode.Is(punctuationAfter8, r) || r == 0x166d || r == 0x111c9 // a symbol and a mark in later versions
}

// punctuationAfter8 is the punctuation that was assigned after Unicode 8.
var punctuationAfter8 = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x061d, Hi: 0x061d, Stride: 1}, {Lo: 0x09fd, Hi: 0x09fd, Stride: 1},
		{Lo: 0x0a76, Hi: 0x0a76, Stride: 1}, {Lo: 0x0c77, Hi: 0x0c77, Stride: 1},
		{Lo: 0x0c84, Hi: 0x0c84, Stride: 1}, {Lo: 0x1b7d, Hi: 0x1b7e, Stride: 1},
		{Lo: 0x2e43, Hi: 0x2e4f, Stride: 1}, {Lo: 0x2e52, Hi: 0x2e5d, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x10ead, Hi: 0x10ead, Stride: 1}, {Lo: 0x10f55, Hi: 0x10f59, Stride: 1},
		{Lo: 0x10f86, Hi: 0x10f89, Stride: 1},
		{Lo: 0x1144b, Hi: 0x1144f, Stride: 1}, {Lo: 0x1145a, Hi: 0x1145b, Stride: 1},
		{Lo: 0x1145d, Hi: 0x1145d, Stride: 1}, {Lo: 0x11660, Hi: 0x1166c, Stride: 1},
		{Lo: 0x116b9, Hi: 0x116b9, Stride: 1}, {Lo: 0x1183b, Hi: 0x1183b, Stride: 1},
		{Lo: 0x11944, Hi: 0x11946, Stride: 1}, {Lo: 0x119e2, Hi: 0x119e2, Stride: 1},
		{Lo: 0x11a3f, Hi: 0x11a46, Stride: 1}, {Lo: 0x11a9a, Hi: 0x11a9c, Stride: 1},
		{Lo: 0x11a9e, Hi: 0x11aa2, Stride: 1}, {Lo: 0x11b00, Hi: 0x11b09, Stride: 1},
		{Lo: 0x11c41, Hi: 0x11c45, Stride: 1}, {Lo: 0x11c70, Hi: 0x11c71, Stride: 1},
		{Lo: 0x11ef7, Hi: 0x11ef8, Stride: 1}, {Lo: 0x11f43, Hi: 0x11f4f, Stride: 1},
		{Lo: 0x11fff, Hi: 0x11fff, Stride: 1}, {Lo: 0x12ff1, Hi: 0x12ff2, Stride: 1},
		{Lo: 0x16e97, Hi: 0x16e9a, Stride: 1}, {Lo: 0x16fe2, Hi: 0x16fe2, Stride: 1},
		{Lo: 0x1e95e, Hi: 0x1e95f, Stride: 1},
	},
}

// scanWords takes out runs of word characters, and runs of what is neither such
// nor white space.
type scanWords struct{}

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
