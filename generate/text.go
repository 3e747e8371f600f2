package generate

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Detokenizer is what Text asks of a tokenizer.
type Detokenizer interface {
	// Decode returns the text of ids; of ids that cut a character, its bytes or
	// U+FFFD in their place.
	Decode(ids []int) string
	// Special says whether a token is a mark rather than text.
	Special(id int) bool
}

// Text makes text of tokens as they come, character by character: what decoders
// do at the start of a text is done once, and special tokens leave nothing.
type Text struct {
	tok   Detokenizer
	stops []string
	ids   []int // the last ones, of which the text of the first read is known
	read  int
	held  string // text that may be the beginning of a stop string
}

// contextTokens is how many tokens of a prompt say how its text goes on.
const contextTokens = 4

// NewText returns the text that follows the prompt's, up to the first of the
// stop strings, of which empty ones are none.
func NewText(tok Detokenizer, prompt []int, stops []string) *Text {
	t := &Text{tok: tok, stops: slices.DeleteFunc(slices.Clone(stops), func(s string) bool { return s == "" })}
	for _, id := range prompt[max(0, len(prompt)-contextTokens):] {
		if tok.Special(id) { // text begins anew
			t.ids = t.ids[:0]
		} else {
			t.ids = append(t.ids, id)
		}
	}
	t.read = len(t.ids)
	return t
}

// Add returns the text that is certain once id has come, perhaps none, and
// whether a stop string has been met, which ends the text before it.
func (t *Text) Add(id int) (text string, stopped bool) {
	if t.tok.Special(id) {
		return "", false
	}
	t.ids = append(t.ids, id)
	more := t.unread()
	if cut(more) {
		return "", false
	}
	t.ids = slices.Delete(t.ids, 0, t.read)
	t.read = len(t.ids)
	return t.release(more)
}

// Rest returns what has been held back at the end of the text.
func (t *Text) Rest() string {
	text, stopped := t.release(t.unread())
	if !stopped {
		text += t.held
	}
	t.held, t.read = "", len(t.ids)
	return text
}

// unread returns the text of the ids that are not read.
func (t *Text) unread() string {
	known, all := t.tok.Decode(t.ids[:t.read]), t.tok.Decode(t.ids)
	n := 0
	for n < min(len(known), len(all)) && known[n] == all[n] {
		n++
	}
	return all[n:]
}

// cut says whether a text ends within a character.
func cut(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return r == utf8.RuneError && s != ""
}

// release returns of what is held back and the text after it what cannot be
// the beginning of a stop string.
func (t *Text) release(more string) (text string, stopped bool) {
	text = t.held + strings.ToValidUTF8(more, string(utf8.RuneError))
	first := len(text)
	for _, stop := range t.stops {
		if i := strings.Index(text, stop); i >= 0 && i < first {
			first, stopped = i, true
		}
	}
	if stopped {
		t.held = ""
		return text[:first], true
	}
	keep := 0
	for _, stop := range t.stops {
		for n := min(len(stop)-1, len(text)); n > keep; n-- {
			if strings.HasSuffix(text, stop[:n]) {
				keep = n
			}
		}
	}
	text, t.held = text[:len(text)-keep], text[len(text)-keep:]
	return text, false
}
