package tokenizer

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/unicode/rangetable"
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

// unicode9 holds the characters that were assigned in Unicode 9.0.
var unicode9 = rangetable.Assigned("9.0.0")

// inert says whether r, a combining mark or a part of a composition to package
// norm perhaps, was assigned later: nothing moves past it and it composes with
// nothing.
func inert(r rune) bool { return r >= utf8.RuneSelf && !unicode.Is(unicode9, r) }

func (f normalForm) normalize(s string, budget *int) (string, error) {
	// Most text is normal as it is; ASCII can be nothing else.
	at := strings.IndexFunc(s, inert)
	if at < 0 {
		t := f.compose(s)
		if len(t) != len(s) {
			return t, spend(budget, len(t))
		}
		return t, nil
	}
	var b strings.Builder
	for ; at >= 0; at = strings.IndexFunc(s, inert) {
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
