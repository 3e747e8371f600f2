package tokenizer

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// addedToken is a string that is cut out of the text as a whole before BPE
// sees it.
type addedToken struct {
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"` // only where no letter touches it
	LStrip     bool   `json:"lstrip"`      // swallows the spaces to its left
	RStrip     bool   `json:"rstrip"`      // and to its right
	Normalized bool   `json:"normalized"`  // looked for after normalization
	Special    bool   `json:"special"`
}

// addedTokens is the set of added tokens. As in Hugging Face's, an id is the
// one that the model's vocabulary gives the content, else the next free one,
// whatever id the file writes beside it; and the flags of a token that is
// added twice are those of the later, except for Normalized.
type addedTokens struct {
	ids  map[string]int
	byID map[int]addedToken
	// The two sets that are searched for, before and after normalization.
	literal, normalized matcher
}

// newAddedTokens adds tokens in order to the vocabulary of model.
func newAddedTokens(tokens []addedToken, model vocabulary, n normalizers) (addedTokens, error) {
	a := addedTokens{ids: map[string]int{}, byID: map[int]addedToken{}}
	special := map[string]bool{}
	var specials, others []addedToken
	last := -1
	for _, t := range tokens {
		if t.Content == "" {
			continue
		}
		if t.Special && !special[t.Content] {
			special[t.Content] = true
			specials = append(specials, t)
		}
		id, known := a.ids[t.Content]
		if known && a.byID[id] == t {
			continue
		}
		if !known {
			if id, known = model.id(t.Content); !known {
				id = max(last+1, model.count())
			}
		}
		last = max(last, id)
		a.ids[t.Content], a.byID[id] = id, t
		if !special[t.Content] {
			others = append(others, t)
		}
	}
	for _, t := range append(specials, others...) {
		pattern, m := t.Content, &a.literal
		if t.Normalized {
			m = &a.normalized
			budget := growthAllowed(len(pattern))
			var err error
			if pattern, _, err = n.apply(pattern, &budget); err != nil {
				return a, err
			}
			if pattern == "" {
				return a, fmt.Errorf("tokenizer: added token %q normalizes to nothing", t.Content)
			}
		}
		m.add(pattern, a.ids[t.Content])
	}
	return a, nil
}

// split cuts text at the added tokens of m and calls yield for each part in
// order: with a token's id and no text, or with id −1 for what lies between.
// at is the part's offset in text.
func (a *addedTokens) split(text string, m *matcher, yield func(part string, at, id int) error) error {
	if text == "" {
		return nil
	}
	done := 0 // text[:done] has been yielded
	for at := 0; ; {
		start, end, id, ok := m.find(text, at)
		if !ok {
			break
		}
		at = end
		flags := a.byID[id]
		if flags.SingleWord && (endsWithWord(text[:start]) || startsWithWord(text[end:])) {
			continue
		}
		if flags.LStrip {
			start = max(done, len(strings.TrimRightFunc(text[:start], unicode.IsSpace)))
		}
		if flags.RStrip {
			end = len(text) - len(strings.TrimLeftFunc(text[end:], unicode.IsSpace))
		}
		if done < start {
			if err := yield(text[done:start], done, -1); err != nil {
				return err
			}
		}
		if err := yield("", start, id); err != nil {
			return err
		}
		done = end
	}
	if done < len(text) {
		return yield(text[done:], done, -1)
	}
	return nil
}

// endsWithWord says whether s ends with a word character.
func endsWithWord(s string) bool {
	r, n := utf8.DecodeLastRuneInString(s)
	return n > 0 && isWord(r)
}

// startsWithWord says whether s starts with a word character.
func startsWithWord(s string) bool {
	r, n := utf8.DecodeRuneInString(s)
	return n > 0 && isWord(r)
}

// isWord is \w of Unicode Technical Standard 18: alphabetic characters, marks,
// decimal digits, connectors and join controls.
func isWord(r rune) bool {
	return unicode.In(r, unicode.L, unicode.Nl, unicode.Other_Alphabetic, unicode.M,
		unicode.Nd, unicode.Pc, unicode.Join_Control)
}

// matcher finds the leftmost of a set of strings, the longest of those that
// start there.
type matcher struct {
	lengths [256][]int // by first byte: the lengths there are, longest first
	ids     map[string]int
}

// add enters s; the first of equal strings keeps its id.
func (m *matcher) add(s string, id int) {
	if m.ids == nil {
		m.ids = map[string]int{}
	}
	if _, ok := m.ids[s]; ok {
		return
	}
	m.ids[s] = id
	l := &m.lengths[s[0]]
	if !slices.Contains(*l, len(s)) {
		*l = append(*l, len(s))
		slices.SortFunc(*l, func(a, b int) int { return b - a })
	}
}

// find returns the first match that starts at or after from, and its id.
func (m *matcher) find(text string, from int) (start, end, id int, ok bool) {
	if len(m.ids) == 0 {
		return 0, 0, 0, false
	}
	for i := from; i < len(text); i++ {
		if n, id, ok := m.prefix(text[i:]); ok {
			return i, i + n, id, true
		}
	}
	return 0, 0, 0, false
}

// prefix returns the length of the longest string that text begins with, and
// its id. text is not empty.
func (m *matcher) prefix(text string) (n, id int, ok bool) {
	for _, n := range m.lengths[text[0]] {
		if n > len(text) {
			continue
		}
		if id, ok := m.ids[text[:n]]; ok {
			return n, id, true
		}
	}
	return 0, 0, false
}
