package tokenizer

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// normalForm is a normalization form of Unicode as Hugging Face's tokenizers
// make it: with the tables of Unicode 9.0, and without the U+034F that package
// norm puts into long runs of combining marks (Unicode Standard Annex 15, 13).
type normalForm struct {
	form     norm.Form
	full     norm.Form // its decomposition
	composes bool
}

var (
	nfc  = normalForm{norm.NFC, norm.NFD, true}
	nfd  = normalForm{norm.NFD, norm.NFD, false}
	nfkc = normalForm{norm.NFKC, norm.NFKD, true}
	nfkd = normalForm{norm.NFKD, norm.NFKD, false}
)

// afterUnicode9 holds the characters that are combining marks, or parts of
// compositions, to package norm, but were assigned after Unicode 9.0: nothing
// moves past them and they compose with nothing.
var afterUnicode9 = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x07fd, Hi: 0x07fd, Stride: 1}, {Lo: 0x0898, Hi: 0x089f, Stride: 1},
		{Lo: 0x08ca, Hi: 0x08d3, Stride: 1}, {Lo: 0x09fe, Hi: 0x09fe, Stride: 1},
		{Lo: 0x0c3c, Hi: 0x0c3c, Stride: 1}, {Lo: 0x0d3b, Hi: 0x0d3c, Stride: 1},
		{Lo: 0x0eba, Hi: 0x0eba, Stride: 1}, {Lo: 0x1715, Hi: 0x1715, Stride: 1},
		{Lo: 0x1abf, Hi: 0x1ace, Stride: 1}, {Lo: 0x1df6, Hi: 0x1dfa, Stride: 1},
		{Lo: 0xa82c, Hi: 0xa82c, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x10d24, Hi: 0x10d27, Stride: 1}, {Lo: 0x10eab, Hi: 0x10eac, Stride: 1},
		{Lo: 0x10efd, Hi: 0x10eff, Stride: 1}, {Lo: 0x10f46, Hi: 0x10f50, Stride: 1},
		{Lo: 0x10f82, Hi: 0x10f85, Stride: 1}, {Lo: 0x11070, Hi: 0x11070, Stride: 1},
		{Lo: 0x1133b, Hi: 0x1133b, Stride: 1}, {Lo: 0x1145e, Hi: 0x1145e, Stride: 1},
		{Lo: 0x11839, Hi: 0x1183a, Stride: 1}, {Lo: 0x11930, Hi: 0x11930, Stride: 1},
		{Lo: 0x11935, Hi: 0x11935, Stride: 1}, {Lo: 0x11938, Hi: 0x11938, Stride: 1},
		{Lo: 0x1193d, Hi: 0x1193e, Stride: 1}, {Lo: 0x11943, Hi: 0x11943, Stride: 1},
		{Lo: 0x119e0, Hi: 0x119e0, Stride: 1}, {Lo: 0x11a34, Hi: 0x11a34, Stride: 1},
		{Lo: 0x11a47, Hi: 0x11a47, Stride: 1}, {Lo: 0x11a99, Hi: 0x11a99, Stride: 1},
		{Lo: 0x11d42, Hi: 0x11d42, Stride: 1}, {Lo: 0x11d44, Hi: 0x11d45, Stride: 1},
		{Lo: 0x11d97, Hi: 0x11d97, Stride: 1}, {Lo: 0x11f41, Hi: 0x11f42, Stride: 1},
		{Lo: 0x16ff0, Hi: 0x16ff1, Stride: 1}, {Lo: 0x1e08f, Hi: 0x1e08f, Stride: 1},
		{Lo: 0x1e130, Hi: 0x1e136, Stride: 1}, {Lo: 0x1e2ae, Hi: 0x1e2ae, Stride: 1},
		{Lo: 0x1e2ec, Hi: 0x1e2ef, Stride: 1}, {Lo: 0x1e4ec, Hi: 0x1e4ef, Stride: 1},
	},
}

// compatibleAfter9 holds the characters that only forms of compatibility change,
// and that were assigned after Unicode 9.0.
var compatibleAfter9 = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x32ff, Hi: 0x32ff, Stride: 1}, {Lo: 0xa7f2, Hi: 0xa7f4, Stride: 1}, {Lo: 0xab69, Hi: 0xab69, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x10781, Hi: 0x10785, Stride: 1}, {Lo: 0x10787, Hi: 0x107b0, Stride: 1},
		{Lo: 0x107b2, Hi: 0x107ba, Stride: 1}, {Lo: 0x1e030, Hi: 0x1e06d, Stride: 1},
		{Lo: 0x1f16c, Hi: 0x1f16c, Stride: 1}, {Lo: 0x1fbf0, Hi: 0x1fbf9, Stride: 1},
	},
}

// inert says whether r is one that the form leaves alone.
func (f normalForm) inert(r rune) bool {
	return r >= utf8.RuneSelf && (unicode.Is(afterUnicode9, r) || f.full == norm.NFKD && unicode.Is(compatibleAfter9, r))
}

func (f normalForm) normalize(s string, budget *int) (string, error) {
	// Most text is normal as it is; ASCII can be nothing else.
	at := strings.IndexFunc(s, f.inert)
	if at < 0 {
		t := f.compose(s)
		if len(t) != len(s) {
			return t, spend(budget, len(t))
		}
		return t, nil
	}
	var b strings.Builder
	for ; at >= 0; at = strings.IndexFunc(s, f.inert) {
		_, n := utf8.DecodeRuneInString(s[at:])
		b.WriteString(f.compose(s[:at]))
		b.WriteString(s[at : at+n])
		s = s[at+n:]
	}
	b.WriteString(f.compose(s))
	return b.String(), spend(budget, b.Len())
}

// longRun is a number of combining marks in a row from which on package norm
// may put a U+034F between them: it counts thirty after decomposition, in which
// a mark becomes at most two and a starter brings at most three.
const longRun = 13

// compose returns s in the form.
func (f normalForm) compose(s string) string {
	if f.form.IsNormalString(s) {
		return s
	}
	run := 0
	for _, r := range s {
		if r < 0x300 || f.form.PropertiesString(string(r)).CCC() == 0 {
			run = 0
		} else if run++; run == longRun {
			return f.composeLong(s)
		}
	}
	return f.form.String(s)
}

// composeLong is compose for any s: the algorithm of Unicode Standard Annex 15
// step by step, package norm being asked about one or two characters at a time.
func (f normalForm) composeLong(s string) string {
	class := func(r rune) uint8 { return norm.NFC.PropertiesString(string(r)).CCC() }
	var text []rune // decomposed
	for _, r := range s {
		text = append(text, []rune(f.full.String(string(r)))...)
	}
	for i := 0; i < len(text); i++ {
		end := i
		for end < len(text) && class(text[end]) != 0 {
			end++
		}
		slices.SortStableFunc(text[i:end], func(a, b rune) int { return int(class(a)) - int(class(b)) })
		i = end
	}
	if !f.composes {
		return string(text)
	}
	out := text[:0] // composed so far; written no faster than text is read
	starter := -1   // index into out of the last starter
	for _, r := range text {
		k := class(r)
		if starter >= 0 {
			// Whether anything stands between the two that keeps them apart.
			last := len(out) - 1
			if last == starter || class(out[last]) != 0 && class(out[last]) < k {
				pair := []rune(norm.NFC.String(string([]rune{out[starter], r})))
				if len(pair) == 1 {
					out[starter] = pair[0]
					continue
				}
			}
		}
		if k == 0 {
			starter = len(out)
		}
		out = append(out, r)
	}
	return string(out)
}
