package tokenizer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The patterns that words are cut by, as the files of the models spell them.
// Most have a scanner here that cuts in the same places many times faster than
// a regular expression; another pattern goes through package regexp2.
const (
	gpt2Pattern   = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	llama3Pattern = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	qwen35Pattern = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	bloomPattern  = ` ?[^(\s|[.,!?…。，、।۔،])]+`
	o200kPattern  = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	tekkenPattern = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	qwen2Pattern  = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

// scanner returns the length of the word that s, which is not empty, begins
// with.
type scanner func(s string) int

// scanners holds the scanner of each pattern that has one.
var scanners = map[string]scanner{
	gpt2Pattern:   scanGPT2,
	llama3Pattern: func(s string) int { return scanLlama3(s, 3) },
	qwen2Pattern:  func(s string) int { return scanLlama3(s, 1) },
	qwen35Pattern: scanQwen35,
	o200kPattern:  func(s string) int { return scanCased(s, 3, true) },
	tekkenPattern: func(s string) int { return scanCased(s, 1, false) },
	bloomPattern:  scanBloom,
}

// covering are the patterns whose matches leave nothing of a text between them.
var covering = map[string]bool{
	gpt2Pattern: true, llama3Pattern: true, qwen2Pattern: true, qwen35Pattern: true, o200kPattern: true, tekkenPattern: true,
}

// class is what the patterns distinguish: \p{L}, \p{N}, \s, and the rest.
type class uint8

const (
	other class = iota
	letter
	number
	space
)

// asciiClass is the class of each ASCII character.
var asciiClass = func() (t [utf8.RuneSelf]class) {
	for r := range t {
		t[r] = classOf(rune(r))
	}
	return t
}()

// classOf returns the class of r in Unicode 14, which is that of the regular
// expressions of Hugging Face's tokenizers (Oniguruma 6.9.8).
func classOf(r rune) class {
	switch {
	case unicode.IsSpace(r):
		return space
	case unicode.IsLetter(r) && !unicode.Is(afterUnicode14, r):
		return letter
	case unicode.IsNumber(r) && !unicode.Is(afterUnicode14, r):
		return number
	}
	return other
}

// afterUnicode14 holds the characters that Unicode 15.0, the version of Go's
// tables, added to version 14.
var afterUnicode14 = &unicode.RangeTable{
	R16: []unicode.Range16{{Lo: 0xcf3, Hi: 0xcf3, Stride: 1}, {Lo: 0xece, Hi: 0xece, Stride: 1}},
	R32: []unicode.Range32{
		{Lo: 0x10efd, Hi: 0x10eff, Stride: 1}, {Lo: 0x1123f, Hi: 0x11241, Stride: 1},
		{Lo: 0x11b00, Hi: 0x11b09, Stride: 1}, {Lo: 0x11f00, Hi: 0x11f10, Stride: 1},
		{Lo: 0x11f12, Hi: 0x11f3a, Stride: 1}, {Lo: 0x11f3e, Hi: 0x11f59, Stride: 1},
		{Lo: 0x1342f, Hi: 0x1342f, Stride: 1}, {Lo: 0x13439, Hi: 0x13455, Stride: 1},
		{Lo: 0x1b132, Hi: 0x1b132, Stride: 1}, {Lo: 0x1b155, Hi: 0x1b155, Stride: 1},
		{Lo: 0x1d2c0, Hi: 0x1d2d3, Stride: 1}, {Lo: 0x1df25, Hi: 0x1df2a, Stride: 1},
		{Lo: 0x1e030, Hi: 0x1e06d, Stride: 1}, {Lo: 0x1e08f, Hi: 0x1e08f, Stride: 1},
		{Lo: 0x1e4d0, Hi: 0x1e4f9, Stride: 1}, {Lo: 0x1f6dc, Hi: 0x1f6dc, Stride: 1},
		{Lo: 0x1f774, Hi: 0x1f776, Stride: 1}, {Lo: 0x1f77b, Hi: 0x1f77f, Stride: 1},
		{Lo: 0x1f7d9, Hi: 0x1f7d9, Stride: 1}, {Lo: 0x1fa75, Hi: 0x1fa77, Stride: 1},
		{Lo: 0x1fa87, Hi: 0x1fa88, Stride: 1}, {Lo: 0x1faad, Hi: 0x1faaf, Stride: 1},
		{Lo: 0x1fabb, Hi: 0x1fabd, Stride: 1}, {Lo: 0x1fabf, Hi: 0x1fabf, Stride: 1},
		{Lo: 0x1face, Hi: 0x1facf, Stride: 1}, {Lo: 0x1fada, Hi: 0x1fadb, Stride: 1},
		{Lo: 0x1fae8, Hi: 0x1fae8, Stride: 1}, {Lo: 0x1faf7, Hi: 0x1faf8, Stride: 1},
		{Lo: 0x2b739, Hi: 0x2b739, Stride: 1}, {Lo: 0x31350, Hi: 0x323af, Stride: 1},
	},
}

// classAt returns the class of the character that s begins with and its
// length, 0 at the end.
func classAt(s string) (class, int) {
	if len(s) == 0 {
		return other, 0
	}
	if s[0] < utf8.RuneSelf {
		return asciiClass[s[0]], 1
	}
	r, n := utf8.DecodeRuneInString(s)
	return classOf(r), n
}

// run returns the length of the longest run of class c that s[from:] begins
// with, plus from; no more than limit characters are taken.
func run(s string, from int, c class, limit int) int {
	for ; limit > 0; limit-- {
		k, n := classAt(s[from:])
		if n == 0 || k != c {
			break
		}
		from += n
	}
	return from
}

// scanGPT2 cuts by gpt2Pattern.
func scanGPT2(s string) int {
	if n := contraction(s, false); n > 0 {
		return n
	}
	c, n := classAt(s)
	if s[0] == ' ' {
		if next, m := classAt(s[1:]); m > 0 && next != space {
			return run(s, 1+m, next, len(s))
		}
	}
	if c != space {
		return run(s, n, c, len(s))
	}
	return spaces(s, run(s, n, space, len(s)))
}

// scanLlama3 cuts by llama3Pattern, or with digits at most the given number of
// digits to a word.
func scanLlama3(s string, digits int) int {
	if n := contraction(s, true); n > 0 {
		return n
	}
	c, n := classAt(s)
	next, m := classAt(s[n:])
	switch {
	case c == letter:
		return run(s, n, letter, len(s))
	case c == number:
		return run(s, n, number, digits-1)
	case m > 0 && next == letter && s[0] != '\r' && s[0] != '\n':
		return run(s, n+m, letter, len(s))
	case c == other:
		return newlines(s, run(s, n, other, len(s)))
	case s[0] == ' ' && m > 0 && next == other:
		return newlines(s, run(s, n+m, other, len(s)))
	}
	return scanSpaces(s)
}

// scanSpaces returns the length of the word that the run of spaces at the
// beginning of s gives: up to the last line end in it, if it has one.
func scanSpaces(s string) int {
	end := run(s, 0, space, len(s))
	if last := strings.LastIndexAny(s[:end], "\r\n"); last >= 0 {
		return last + 1
	}
	return spaces(s, end)
}

// scanBloom cuts around the matches of bloomPattern.
func scanBloom(s string) int {
	if n := bloomWord(s); n > 0 {
		return n
	}
	for i, r := range s {
		if i > 0 && (!bloomEnds(r) || r == ' ' && bloomWord(s[i:]) > 0) {
			return i
		}
	}
	return len(s)
}

// bloomWord returns the length of the match that s begins with, 0 if there is
// none.
func bloomWord(s string) int {
	start := 0
	if s[0] == ' ' {
		start = 1
	}
	if end := strings.IndexFunc(s[start:], bloomEnds); end > 0 {
		return start + end
	} else if end < 0 && start < len(s) {
		return len(s)
	}
	return 0
}

// bloomEnds says whether r is of those that end a word.
func bloomEnds(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune("(|.,!?…。，、।۔،)", r)
}

// spaces returns the length of the word that a run of spaces s[:end] gives: all
// of it at the end of s, else all but the last, which belongs to what follows,
// unless it is the only one.
func spaces(s string, end int) int {
	if end < len(s) {
		if _, n := utf8.DecodeLastRuneInString(s[:end]); n < end {
			return end - n
		}
	}
	return end
}

// newlines returns the end of the run of carriage returns and line feeds at
// s[from:].
func newlines(s string, from int) int {
	for from < len(s) && (s[from] == '\r' || s[from] == '\n') {
		from++
	}
	return from
}

// contraction returns the length of the 's, 't, 're, 've, 'm, 'll or 'd that s
// begins with, or 0. If fold is set, case does not count; ſ is then an s.
func contraction(s string, fold bool) int {
	if len(s) < 2 || s[0] != '\'' {
		return 0
	}
	lower := func(i int) byte {
		if i >= len(s) {
			return 0
		}
		if c := s[i]; fold && c >= 'A' && c <= 'Z' {
			return c | 0x20
		}
		return s[i]
	}
	switch lower(1) {
	case 's', 't', 'm', 'd':
		return 2
	case 'r', 'v':
		if lower(2) == 'e' {
			return 3
		}
	case 'l':
		if lower(2) == 'l' {
			return 3
		}
	}
	if fold && strings.HasPrefix(s[1:], "ſ") {
		return 1 + len("ſ")
	}
	return 0
}
