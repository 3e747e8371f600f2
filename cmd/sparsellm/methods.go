package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"sparsellm/prune"
)

// methodHelp is a list of the methods and what they do, in lines of at most 80
// columns, those that repair most first.
func methodHelp() string {
	const name, width = 12, 80
	var b strings.Builder
	for _, m := range slices.Backward(prune.Methods()) {
		lines := strings.ReplaceAll(filled(m.Help, width-2-name), "\n", "\n"+strings.Repeat(" ", 2+name))
		fmt.Fprintf(&b, "  %-*s%s\n", name, m.Name, lines)
	}
	return b.String()
}

// filled breaks text into lines of at most width columns.
func filled(text string, width int) string {
	var b strings.Builder
	column := 0
	for _, w := range strings.Fields(text) {
		n := utf8.RuneCountInString(w)
		switch {
		case column == 0:
		case column+1+n > width:
			b.WriteString("\n")
			column = 0
		default:
			b.WriteString(" ")
			column++
		}
		b.WriteString(w)
		column += n
	}
	return b.String()
}

// apart names the methods that prune each matrix for itself.
func apart() []string { return prune.Names(func(m prune.MethodInfo) bool { return !m.Alternates }) }

// joined joins words as a sentence does: "a, b or c".
func joined(words []string, last string) string {
	n := len(words) - 1
	if n < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:n], ", ") + " " + last + " " + words[n]
}

// either is joined by "or".
func either(words []string) string { return joined(words, "or") }
