package tokenizer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"unicode/utf8"
)

// spNormalizer is the normalizer of a SentencePiece model.
type spNormalizer struct {
	prefix bool // put a ▁ before the text
	extra  bool // take spaces off the ends, and make runs of them one
	escape bool // write ▁ for a space
	chars  charsMap
	users  *matcher // pieces of the user's, which are left as they are
}

// read reads a NormalizerSpec.
func (n *spNormalizer) read(data []byte) error {
	return eachField(data, func(f protoField) (err error) {
		switch f.number {
		case 2:
			n.chars, err = readCharsMap(f.data)
		case 3:
			n.prefix = f.flag()
		case 4:
			n.extra = f.flag()
		case 5:
			n.escape = f.flag()
		}
		return err
	})
}

func (n *spNormalizer) normalize(s string, budget *int) (string, error) {
	if n.extra {
		for s != "" {
			t, size := n.next(s)
			if t != " " {
				break
			}
			s = s[size:]
		}
	}
	if s == "" {
		return "", nil
	}
	space := " "
	if n.escape {
		space = string(metaSpace)
	}
	var b strings.Builder
	if n.prefix {
		b.WriteString(space)
	}
	after := n.extra // a space, so that another one is dropped
	for s != "" {
		t, size := n.next(s)
		s = s[size:]
		for after && strings.HasPrefix(t, " ") {
			t = t[1:]
		}
		if t != "" {
			after = n.extra && strings.HasSuffix(t, " ")
			if n.escape {
				t = strings.ReplaceAll(t, " ", space)
			}
			if err := spend(budget, len(t)); err != nil {
				return "", err
			}
			b.WriteString(t)
		}
		if !n.extra {
			after = false
		}
	}
	out := b.String()
	for n.extra && strings.HasSuffix(out, space) {
		out = strings.TrimSuffix(out, space)
	}
	return out, nil
}

// next returns what the start of s becomes and how much of s that is.
func (n *spNormalizer) next(s string) (string, int) {
	if size, _, ok := n.users.prefix(s); ok {
		return s[:size], size
	}
	if t, size := n.chars.match(s, false); size > 0 {
		return t, size
	}
	_, size := utf8.DecodeRuneInString(s)
	return s[:size], size
}

// charsMap is a precompiled_charsmap: a double-array trie (Aoe 1989, in the
// layout of darts-clone) of what is rewritten, and the texts it becomes.
type charsMap struct {
	units []uint32
	texts []byte // each ends with a zero byte
}

// readCharsMap reads the size of the trie in bytes, the trie, and the texts.
func readCharsMap(data []byte) (charsMap, error) {
	if len(data) == 0 {
		return charsMap{}, nil
	}
	damaged := errors.New("its precompiled_charsmap is damaged")
	if len(data) < 4 {
		return charsMap{}, damaged
	}
	size := int64(binary.LittleEndian.Uint32(data))
	if size%4 != 0 || size == 0 || size > int64(len(data)-4) {
		return charsMap{}, damaged
	}
	m := charsMap{make([]uint32, size/4), data[4+size:]}
	for i := range m.units {
		m.units[i] = binary.LittleEndian.Uint32(data[4+4*i:])
	}
	if len(m.texts) == 0 || m.texts[len(m.texts)-1] != 0 {
		return charsMap{}, damaged
	}
	return m, nil
}

// mostMatches is how many matches SentencePiece looks at.
const mostMatches = 32

// match returns what the longest start of s in the map becomes, or, as Hugging
// Face's tokenizers look it up, the shortest; and its length, 0 if there is none.
func (m charsMap) match(s string, shortest bool) (string, int) {
	if len(m.units) == 0 {
		return "", 0
	}
	offset := func(unit uint32) uint32 { return unit >> 10 << (unit & (1 << 9) >> 6) }
	length, value := 0, uint32(0)
	node := offset(m.units[0])
	for i, matches := 0, 0; i < len(s) && matches < mostMatches && (s[i] != 0 || !shortest); i++ {
		node ^= uint32(s[i])
		if node >= uint32(len(m.units)) {
			break
		}
		unit := m.units[node]
		if unit&(1<<31|0xff) != uint32(s[i]) { // another label
			break
		}
		node ^= offset(unit)
		if unit>>8&1 == 1 { // a leaf
			if node >= uint32(len(m.units)) {
				break
			}
			length, value = i+1, m.units[node]&(1<<31-1)
			if matches++; shortest {
				break
			}
		}
	}
	if length == 0 || value >= uint32(len(m.texts)) {
		return "", 0
	}
	text := m.texts[value:]
	text = text[:bytes.IndexByte(text, 0)]
	if !utf8.Valid(text) {
		return "", 0
	}
	return string(text), length
}
