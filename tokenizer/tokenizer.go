package tokenizer

import (
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"
)

// Tokenizer encodes text as a checkpoint's token ids. It may be used by many
// goroutines at once.
type Tokenizer struct {
	added      addedTokens
	normalizer normalizers
	splitters  []splitter
	model      vocabulary
	post       template
	decoder    []decoder // nil: tokens are joined by spaces
	encoders   sync.Pool // of *encoder
}

// vocabulary turns words into ids.
type vocabulary interface {
	// encode appends the ids of word to dst.
	encode(dst []int, word string, scratch *merger) []int
	// id returns the id of a token as the file spells it, and token the reverse.
	id(token string) (id int, ok bool)
	token(id int) (token string, ok bool)
	// count returns the number of tokens.
	count() int
}

// encoder is the scratch memory of one Encode call: the ids so far, the words
// being cut, and the words whose merges are known from earlier calls.
type encoder struct {
	ids         []int
	words, next []string
	budget      int // bytes that normalization may still write
	merger
}

// Encode returns the token ids of text, with the special tokens that the
// tokenizer puts around a text (such as a BOS) if special is set. The error
// says where text is not UTF-8, or which pattern of the tokenizer gave up on
// it; ids are then nil.
func (t *Tokenizer) Encode(text string, special bool) ([]int, error) {
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("tokenizer: the text is not UTF-8 at byte %d", invalidAt(text))
	}
	e, _ := t.encoders.Get().(*encoder)
	if e == nil {
		e = &encoder{merger: newMerger()}
	}
	defer t.encoders.Put(e)
	e.ids = e.ids[:0]
	e.budget = growthAllowed(len(text))
	if special {
		e.ids = append(e.ids, t.post.before...)
	}
	if err := t.encode(e, text); err != nil {
		return nil, err
	}
	if special {
		e.ids = append(e.ids, t.post.after...)
	}
	return append(make([]int, 0, len(e.ids)), e.ids...), nil
}

// encode appends the ids of text to e.ids: first the added tokens that are
// looked for in the text as it is, then, in what lies between them, the
// normalizers and the added tokens that are looked for in their output.
func (t *Tokenizer) encode(e *encoder, text string) error {
	return t.added.split(text, &t.added.literal, func(part string, at, id int) error {
		if id >= 0 {
			e.ids = append(e.ids, id)
			return nil
		}
		part, first, err := t.normalizer.apply(part, &e.budget)
		if err != nil {
			return err
		}
		first = first && at == 0
		return t.added.split(part, &t.added.normalized, func(part string, at, id int) error {
			if id >= 0 {
				e.ids = append(e.ids, id)
				return nil
			}
			return t.encodeWords(e, part, first && at == 0)
		})
	})
}

// encodeWords cuts part into words and appends the ids of each to e.ids; first
// says that part begins the text.
func (t *Tokenizer) encodeWords(e *encoder, part string, first bool) error {
	words, next := append(e.words[:0], part), e.next[:0]
	for _, s := range t.splitters {
		next = next[:0]
		for i, w := range words {
			var err error
			if next, err = s.split(next, w, first && i == 0); err != nil {
				return err
			}
		}
		if d, ok := s.(dropper); ok && first && len(words) > 0 {
			first = !d.drops(words[0])
		}
		words, next = next, words
	}
	for _, w := range words {
		e.ids = t.model.encode(e.ids, w, &e.merger)
	}
	// The words point into the text: let go of it before the encoder rests.
	clear(words)
	clear(next)
	e.words, e.next = words[:0], next[:0]
	return nil
}

// Decode returns the text of ids, special tokens included. Ids outside the
// vocabulary are left out. Tokens are joined by spaces if the tokenizer names no
// decoder, or one that is not implemented. Of a byte-level tokenizer, Decode(Encode(x)) is x
// unless the tokenizer itself changes the text (a normalizer, a prefix space,
// an added token that strips the spaces around it); ids that cut a character
// give its bytes, which are then not UTF-8.
func (t *Tokenizer) Decode(ids []int) string {
	pieces := make([]piece, 0, len(ids))
	for _, id := range ids {
		if a, ok := t.added.byID[id]; ok {
			pieces = append(pieces, piece{a.Content, true})
		} else if s, ok := t.model.token(id); ok {
			pieces = append(pieces, piece{s, false})
		}
	}
	sep := ""
	if t.decoder == nil {
		sep = " "
	}
	for _, d := range t.decoder {
		pieces = d.decode(pieces)
	}
	var b strings.Builder
	for i, p := range pieces {
		if i > 0 {
			b.WriteString(sep)
		}
		b.WriteString(p.text)
	}
	return b.String()
}

// Special says whether a token is one that marks something, such as the end of a
// text, rather than text.
func (t *Tokenizer) Special(id int) bool { return t.added.byID[id].Special }

// invalidAt returns the offset of the first byte of s that is not UTF-8.
func invalidAt(s string) int {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(s)
}
