package tasks

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// isSpace is what Python's str.strip takes off.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

func strip(s string) string { return strings.TrimFunc(s, isSpace) }

var bracketed = regexp.MustCompile(`\[.*?\]`)

// clean takes HellaSwag's marks of WikiHow out of a text, as the harness does.
func clean(s string) string {
	s = strings.ReplaceAll(strip(s), " [title]", ". ")
	s = bracketed.ReplaceAllString(s, "")
	return strings.ReplaceAll(s, "  ", " ")
}

// capitalize is Python's str.capitalize: the first character in title case, all
// others in lower case, by Unicode's full mappings.
func capitalize(s string) string {
	if s == "" {
		return s
	}
	_, n := utf8.DecodeRuneInString(s)
	lower := cases.Lower(language.Und)
	return cases.Title(language.Und, cases.NoLower).String(s[:n]) + lower.String(s)[len(lower.String(s[:n])):]
}
