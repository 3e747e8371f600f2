package pyjson

import (
	"bytes"
	"errors"
	"slices"
)

// numbers are those that JSON lacks, the longer of two with a common start
// first, and the string of the same length that stands for each.
var numbers = []struct{ text, mask []byte }{
	{[]byte("-Infinity"), []byte(`"\u002dI"`)},
	{[]byte("Infinity"), []byte(`"\u0049"`)},
	{[]byte("NaN"), []byte(`"?"`)},
}

var bom = []byte("\xef\xbb\xbf")

// Standard returns JSON of the same length, in which strings that nothing else
// writes stand for NaN, Infinity and −Infinity, so that what wants a number
// refuses them and what lies at an offset stays there, and blanks for a
// byte-order mark. It fails on UTF-16.
func Standard(text []byte) ([]byte, error) {
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
		return nil, errors.New("is UTF-16: save it as UTF-8")
	}
	out := slices.Clone(text)
	if bytes.HasPrefix(out, bom) {
		copy(out, "   ")
	}
	for i := 0; i < len(out); i++ {
		if out[i] == '"' {
			i = stringEnd(out, i)
			continue
		}
		for _, n := range numbers {
			if bytes.HasPrefix(out[i:], n.text) {
				copy(out[i:], n.mask)
				i += len(n.mask) - 1
				break
			}
		}
	}
	return out, nil
}

// stringEnd returns where the string that begins at i ends: at its closing
// quote or at the end of the text.
func stringEnd(text []byte, i int) int {
	for i++; i < len(text) && text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i
}

// Show returns a value as it stood in the text that Standard was given.
func Show(value []byte) string {
	for _, n := range numbers {
		if bytes.Equal(value, n.mask) {
			return string(n.text)
		}
	}
	return string(value)
}
