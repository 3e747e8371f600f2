package tokenizer

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// bpe is a byte-pair encoding model (Sennrich et al. 2016): a word starts as a
// row of symbols, one per character, and the adjacent pair of lowest rank is
// merged, the leftmost of equals first, until no pair has a rank.
//
// A byte-level model's characters stand for bytes (byteAlphabet); its words
// come as bytes here, and the mapping is folded into the tables.
type bpe struct {
	ids     map[string]int32 // token → id, as the file spells tokens
	tokens  map[int32]string // and back
	words   map[string]int32 // what a whole word is looked up in, if ignoreMerges
	merges  pairTable
	largest int // largest id

	byteLevel bool
	bytes     [256]char      // byte-level: the symbols of each byte
	runes     map[rune]int32 // else: the symbol of a character
	fallback  [256]int32     // the symbol of a byte of an unknown character, or −1
	unknown   int32          // the symbol of what has none, or −1: it is dropped
	fuse      bool           // a run of unknowns is one symbol
	meta      bool           // a word may be cut before any ▁ that follows another character

	ignoreMerges bool // a word that is a token is that token
}

// char is what a character of a word becomes.
type char struct {
	id       int32
	known    bool    // id is its symbol
	fallback []int32 // else: the symbols of its bytes, nil if one has none
}

// bpeSpec is the "model" of a tokenizer.json of type BPE, and what a pair of
// vocab.json and merges.txt is read into.
type bpeSpec struct {
	Type         string           `json:"type"`
	Dropout      *float64         `json:"dropout"`
	UnkToken     *string          `json:"unk_token"`
	Prefix       *string          `json:"continuing_subword_prefix"`
	Suffix       *string          `json:"end_of_word_suffix"`
	FuseUnk      bool             `json:"fuse_unk"`
	ByteFallback bool             `json:"byte_fallback"`
	IgnoreMerges bool             `json:"ignore_merges"`
	Vocab        map[string]int64 `json:"vocab"`
	Merges       []mergeSpec      `json:"merges"`
}

// metaSpace is ▁, which stands for a space in SentencePiece's vocabularies.
const metaSpace = '▁'

// newBPE builds the tables of a model; byteLevel says that words come as bytes.
func newBPE(s *bpeSpec, byteLevel bool) (*bpe, error) {
	switch {
	case s.Type != "" && s.Type != "BPE":
		return nil, notImplemented("model", s.Type)
	case s.Dropout != nil && *s.Dropout != 0:
		return nil, notImplemented("model", "BPE with dropout")
	case s.Prefix != nil && *s.Prefix != "":
		return nil, notImplemented("model", "BPE with continuing_subword_prefix")
	case s.Suffix != nil && *s.Suffix != "":
		return nil, notImplemented("model", "BPE with end_of_word_suffix")
	case len(s.Vocab) == 0:
		return nil, fmt.Errorf("tokenizer: the model has no vocabulary")
	}
	m := &bpe{
		ids:          make(map[string]int32, len(s.Vocab)),
		tokens:       make(map[int32]string, len(s.Vocab)),
		unknown:      -1,
		fuse:         s.FuseUnk,
		byteLevel:    byteLevel,
		ignoreMerges: s.IgnoreMerges,
	}
	for token, id := range s.Vocab {
		if id < 0 || id > math.MaxInt32-1 {
			return nil, fmt.Errorf("tokenizer: token %q has the id %d", token, id)
		}
		if other, ok := m.tokens[int32(id)]; ok {
			return nil, fmt.Errorf("tokenizer: tokens %q and %q have the same id %d", min(token, other), max(token, other), id)
		}
		m.ids[token], m.tokens[int32(id)] = int32(id), token
		m.largest = max(m.largest, int(id))
	}
	if s.UnkToken != nil {
		id, ok := m.ids[*s.UnkToken]
		if !ok {
			return nil, fmt.Errorf("tokenizer: the unknown token %q is not in the vocabulary", *s.UnkToken)
		}
		m.unknown = id
	}
	if err := m.readMerges(s.Merges); err != nil {
		return nil, err
	}
	for b := range m.fallback {
		m.fallback[b] = -1
		if s.ByteFallback {
			if id, ok := m.ids[byteToken(b)]; ok {
				m.fallback[b] = id
			}
		}
	}
	if byteLevel {
		m.readByteSymbols()
	} else {
		m.readRuneSymbols()
		_, ok := m.runes[metaSpace]
		m.meta = ok && !crossesMetaSpace(s.Merges) && !strings.HasSuffix(m.tokens[m.unknown], string(metaSpace))
	}
	return m, nil
}

// readMerges fills the table of merges. Of two merges of one pair the later
// counts, as in Hugging Face's.
func (m *bpe) readMerges(merges []mergeSpec) error {
	m.merges = newPairTable(len(merges))
	for rank, p := range merges {
		var ids [3]int32
		for i, token := range [3]string{p.left, p.right, p.left + p.right} {
			id, ok := m.ids[token]
			if !ok {
				return fmt.Errorf("tokenizer: merge %d (%q, %q) needs the token %q, which is not in the vocabulary",
					rank+1, p.left, p.right, token)
			}
			ids[i] = id
		}
		m.merges.set(ids[0], ids[1], merge{rank: int32(rank), id: ids[2]})
	}
	return nil
}

// readByteSymbols finds the symbols of each byte, and, for ignoreMerges, the
// tokens as bytes.
func (m *bpe) readByteSymbols() {
	for b, r := range byteAlphabet() {
		id, ok := m.ids[string(r)]
		m.bytes[b] = char{id, ok, m.bytesOf(string(r))}
	}
	if !m.ignoreMerges {
		return
	}
	m.words = make(map[string]int32, len(m.ids))
	for token, id := range m.ids {
		if s, ok := toBytes(token); ok {
			m.words[s] = id
		}
	}
}

// readRuneSymbols finds the tokens of one character.
func (m *bpe) readRuneSymbols() {
	m.words = m.ids
	m.runes = map[rune]int32{}
	for token, id := range m.ids {
		if r, n := utf8.DecodeRuneInString(token); n > 0 && n == len(token) {
			m.runes[r] = id
		}
	}
}

// crossesMetaSpace says whether a merge could join a ▁ to another character
// before it. If none can, and ▁ is known, so that no run of unknowns goes on
// across it, the pieces that such places cut a word into are encoded apart from
// one another, and each can be remembered.
func crossesMetaSpace(merges []mergeSpec) bool {
	for _, p := range merges {
		if strings.HasPrefix(p.right, string(metaSpace)) && !strings.HasSuffix(p.left, string(metaSpace)) {
			return true
		}
	}
	return false
}

// bytesOf returns the fallback symbols of the bytes of char, or nil if one of
// them has none.
func (m *bpe) bytesOf(char string) []int32 {
	ids := make([]int32, 0, utf8.UTFMax)
	for i := range len(char) {
		id := m.fallback[char[i]]
		if id < 0 {
			return nil
		}
		ids = append(ids, id)
	}
	return ids
}

// id returns the id of a token as the file spells it.
func (m *bpe) id(token string) (int, bool) {
	id, ok := m.ids[token]
	return int(id), ok
}

// token returns the token of an id as the file spells it.
func (m *bpe) token(id int) (string, bool) {
	if id < 0 || id > m.largest {
		return "", false
	}
	s, ok := m.tokens[int32(id)]
	return s, ok
}

// count returns the number of tokens of the vocabulary.
func (m *bpe) count() int { return len(m.ids) }

// encode appends the ids of word to dst.
func (m *bpe) encode(dst []int, word string, scratch *merger) []int {
	if m.ignoreMerges {
		if id, ok := m.words[word]; ok {
			return append(dst, int(id))
		}
	}
	for m.meta {
		cut := metaCut(word)
		if cut == len(word) {
			break
		}
		dst = m.encodeWord(dst, word[:cut], scratch)
		word = word[cut:]
	}
	return m.encodeWord(dst, word, scratch)
}

// metaCut returns the offset of the first ▁ of word that follows another
// character, or the length of word.
func metaCut(word string) int {
	const meta = string(metaSpace)
	start := 0
	for strings.HasPrefix(word[start:], meta) {
		start += len(meta)
	}
	if i := strings.Index(word[start:], meta); i >= 0 {
		return start + i
	}
	return len(word)
}

// encodeWord appends the ids of word to dst.
func (m *bpe) encodeWord(dst []int, word string, scratch *merger) []int {
	return scratch.encode(dst, word, func() []int32 {
		scratch.symbols = m.symbols(scratch.symbols[:0], word)
		return scratch.mergeAll(&m.merges)
	})
}

// symbols appends the symbols that word starts as to dst. An unknown character
// is written when the next known one, or the end, is met; bytes of characters
// that fall back to bytes overtake it, as they do in Hugging Face's.
func (m *bpe) symbols(dst []int32, word string) []int32 {
	pending := false // an unknown is to be written
	for i, n := 0, 1; i < len(word); i += n {
		var c char
		if m.byteLevel {
			c = m.bytes[word[i]]
		} else {
			var r rune
			r, n = utf8.DecodeRuneInString(word[i:])
			id, ok := m.runes[r]
			if c = (char{id: id, known: ok}); !ok {
				c.fallback = m.bytesOf(word[i : i+n])
			}
		}
		switch {
		case c.known:
			if pending {
				dst, pending = append(dst, m.unknown), false
			}
			dst = append(dst, c.id)
		case c.fallback != nil:
			dst = append(dst, c.fallback...)
		case m.unknown >= 0:
			if pending && !m.fuse {
				dst = append(dst, m.unknown)
			}
			pending = true
		}
	}
	if pending {
		dst = append(dst, m.unknown)
	}
	return dst
}
