package tokenizer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// caseClass is what the patterns distinguish that look at letters' case or at
// marks; classes joined by | are a set.
type caseClass uint8

const (
	upper      caseClass = 1 << iota // \p{Lu}, \p{Lt}
	lower                            // \p{Ll}
	caseless                         // \p{Lm}, \p{Lo}
	mark                             // \p{M}
	caseNumber                       // \p{N}
	caseSpace                        // \s
	caseOther

	either = caseless | mark // pass for capitals and for small letters
)

// asciiCase is the caseClass of each ASCII character.
var asciiCase = func() (t [utf8.RuneSelf]caseClass) {
	for r := range t {
		t[r] = caseOf(rune(r))
	}
	return t
}()

// caseOf returns the caseClass of r in Unicode 14.
func caseOf(r rune) caseClass {
	switch classOf(r) {
	case space:
		return caseSpace
	case number:
		return caseNumber
	case letter:
		switch {
		case unicode.IsUpper(r) || unicode.IsTitle(r):
			return upper
		case unicode.In(r, unicode.Ll):
			return lower
		}
		return caseless
	}
	if unicode.IsMark(r) && !unicode.Is(afterUnicode14, r) {
		return mark
	}
	return caseOther
}

// caseAt returns the caseClass of the character that s begins with and its
// length, 0 at the end.
func caseAt(s string) (caseClass, int) {
	if len(s) == 0 {
		return caseOther, 0
	}
	if s[0] < utf8.RuneSelf {
		return asciiCase[s[0]], 1
	}
	r, n := utf8.DecodeRuneInString(s)
	return caseOf(r), n
}

// runCase returns the end of the run of characters of a set at s[from:], and the
// end of the last in it that passes for either case.
func runCase(s string, from int, set caseClass) (end, last int) {
	for {
		k, n := caseAt(s[from:])
		if n == 0 || k&set == 0 {
			return from, last
		}
		if from += n; k&either != 0 {
			last = from
		}
	}
}

// word returns the end of the run of letters and marks at s[from:] that is one
// word: capitals and then small letters, or as much of that as there is; from if
// there is none.
func word(s string, from int) int {
	capitals, last := runCase(s, from, upper|either)
	if k, n := caseAt(s[capitals:]); n > 0 && k == lower {
		end, _ := runCase(s, capitals, lower|either)
		return end
	}
	// The last of these letters has to pass for a small one, if any does.
	if last > 0 {
		return last
	}
	return capitals
}

// scanCased cuts by o200kPattern, or, with one digit to a word and no
// contractions, by tekkenPattern.
func scanCased(s string, digits int, contractions bool) int {
	k, n := caseAt(s)
	from := 0
	if k == caseOther || k == caseSpace && s[0] != '\r' && s[0] != '\n' {
		from = n
	}
	if end := word(s, from); end > from {
		if contractions {
			end += contraction(s[end:], true)
		}
		return end
	}
	if k == caseNumber {
		return run(s, n, number, digits-1)
	}
	return symbols(s, k, n, caseOther|mark, "\r\n/")
}

// scanQwen35 cuts by qwen35Pattern.
func scanQwen35(s string) int {
	if n := contraction(s, true); n > 0 {
		return n
	}
	k, n := caseAt(s)
	from := 0
	if k == caseOther || k == caseSpace && s[0] != '\r' && s[0] != '\n' {
		from = n
	}
	end, _ := runCase(s, from, upper|lower|either)
	switch {
	case end > from:
		return end
	case k == caseNumber:
		return n
	}
	return symbols(s, k, n, caseOther, "\r\n")
}

// symbols returns the length of the word of symbols, or of spaces, that s begins
// with: a character of class k and length n. Those of the set are symbols;
// characters of tail end a word of them.
func symbols(s string, k caseClass, n int, set caseClass, tail string) int {
	start := n
	if s[0] == ' ' {
		k, n = caseAt(s[1:])
		start = 1 + n
	}
	if n > 0 && k&set != 0 {
		end, _ := runCase(s, start, set)
		for end < len(s) && strings.IndexByte(tail, s[end]) >= 0 {
			end++
		}
		return end
	}
	return scanSpaces(s)
}
