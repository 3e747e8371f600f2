package tokenizer

import (
	"encoding/json"
	"fmt"
	"strings"
)

// behavior is what a Split does with the matches of its pattern.
type behavior string

const (
	isolated           behavior = "Isolated"           // a match is a word
	removed            behavior = "Removed"            // is dropped
	mergedWithPrevious behavior = "MergedWithPrevious" // ends the word before it
	mergedWithNext     behavior = "MergedWithNext"     // begins the word after it
	contiguous         behavior = "Contiguous"         // adjacent matches are one word
)

// check refuses a behavior that is not one of them.
func (b behavior) check(typ string) error {
	switch b {
	case isolated, removed, mergedWithPrevious, mergedWithNext, contiguous:
		return nil
	}
	return notImplemented("pre-tokenizer", fmt.Sprintf("%s with behavior %q", typ, string(b)))
}

// find returns the matches of a pattern in s, in order, as pairs of offsets.
type find func(s string) ([][2]int, error)

// split is the Split pre-tokenizer.
type split struct {
	find
	behavior
	invert bool // what lies between matches counts as a match, and a match not
}

// readSplit reads a Split.
func readSplit(raw json.RawMessage) (splitter, error) {
	const kind, typ = "pre-tokenizer", "Split"
	var c struct {
		Pattern  patternSpec
		Behavior behavior
		Invert   bool
	}
	if err := readComponent(kind, typ, raw, &c); err != nil {
		return nil, err
	}
	if err := c.Behavior.check(typ); err != nil {
		return nil, err
	}
	switch {
	case c.Pattern.Regex != nil:
		if c.Behavior == isolated || c.Behavior == removed && c.Invert && covering[*c.Pattern.Regex] {
			return splitAround(*c.Pattern.Regex)
		}
		f, err := compile(*c.Pattern.Regex)
		return split{f, c.Behavior, c.Invert}, err
	case c.Pattern.String != nil && *c.Pattern.String != "":
		return split{findString(*c.Pattern.String), c.Behavior, c.Invert}, nil
	}
	return nil, notImplemented(kind, "Split with an empty pattern")
}

// splitAround returns what makes words of the matches of a pattern and of what
// lies between them.
func splitAround(pattern string) (splitter, error) {
	if scan, ok := scanners[pattern]; ok {
		return scan, nil
	}
	f, err := compile(pattern)
	return split{f, isolated, false}, err
}

// findString finds the occurrences of old.
func findString(old string) find {
	return func(s string) ([][2]int, error) {
		var all [][2]int
		for from := 0; ; {
			i := strings.Index(s[from:], old)
			if i < 0 {
				return all, nil
			}
			all = append(all, [2]int{from + i, from + i + len(old)})
			from += i + len(old)
		}
	}
}

func (p split) drops(s string) bool {
	if p.behavior != removed {
		return false
	}
	matches, err := p.find(s) // an error is that of split, too
	starts := len(matches) > 0 && matches[0][0] == 0
	return err == nil && starts != p.invert
}

func (p split) split(dst []string, s string, _ bool) ([]string, error) {
	matches, err := p.find(s)
	if err != nil {
		return nil, err
	}
	// The parts of s, each a match or what lies between two.
	type part struct {
		start, end int
		match      bool
	}
	var parts []part
	done := 0
	for _, m := range matches {
		if done < m[0] {
			parts = append(parts, part{done, m[0], p.invert})
		}
		parts = append(parts, part{m[0], m[1], !p.invert})
		done = m[1]
	}
	if done < len(s) {
		parts = append(parts, part{done, len(s), p.invert})
	}

	// joined[i]: part i continues the word of part i−1.
	joined := make([]bool, len(parts))
	switch p.behavior {
	case mergedWithPrevious:
		for i := 1; i < len(parts); i++ {
			joined[i] = parts[i].match && !parts[i-1].match
		}
	case mergedWithNext:
		for i := 1; i < len(parts); i++ {
			joined[i] = parts[i-1].match && !parts[i].match
		}
	case contiguous:
		for i := 1; i < len(parts); i++ {
			joined[i] = parts[i].match == parts[i-1].match
		}
	}
	for i := 0; i < len(parts); {
		end := i + 1
		for end < len(parts) && joined[end] {
			end++
		}
		word := s[parts[i].start:parts[end-1].end]
		if word != "" && !(p.behavior == removed && parts[i].match) {
			dst = append(dst, word)
		}
		i = end
	}
	return dst, nil
}
