package metrics

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// isSpace is what Python's str.split splits at.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// lower is Python's str.lower.
func lower(s string) string { return cases.Lower(language.Und).String(s) }

// ExactMatch is 1 if an answer is one of the references but for case,
// punctuation, articles and white space, else 0.
func ExactMatch(answer string, references []string) float64 {
	words := squadWords(answer)
	if slices.ContainsFunc(references, func(r string) bool { return slices.Equal(words, squadWords(r)) }) {
		return 1
	}
	return 0
}

// TokenF1 is the harmonic mean of precision and recall of an answer's words, the
// largest over the references.
func TokenF1(answer string, references []string) float64 {
	words, best := squadWords(answer), 0.0
	for _, r := range references {
		right := squadWords(r)
		if len(words) == 0 || len(right) == 0 {
			if len(words) == len(right) {
				best = 1
			}
			continue
		}
		best = max(best, f1(overlap(counts(words, 1), counts(right, 1)), len(words), len(right)))
	}
	return best
}

// squadWords are the words of a text as SQuAD compares them.
func squadWords(s string) []string {
	s = strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsPunct(r) || unicode.IsSymbol(r)) {
			return -1
		}
		return r
	}, lower(s))
	var b strings.Builder
	word := ""
	end := func() {
		if word == "a" || word == "an" || word == "the" {
			word = " "
		}
		b.WriteString(word)
		word = ""
	}
	for _, r := range s { // an article is one between what is not \w to Python
		if unicode.IsLetter(r) || unicode.IsNumber(r) || r == '_' {
			word += string(r)
			continue
		}
		end()
		b.WriteRune(r)
	}
	end()
	return strings.FieldsFunc(b.String(), isSpace)
}
