package tokenizer

import (
	"slices"
	"unicode/utf8"
)

// spBPE encodes by the merges of a SentencePiece model: of all adjacent symbols
// whose text together is a piece, those of the highest score are merged first,
// and of equals the leftmost.
type spBPE struct {
	*spModel
	merges pairTable
	runes  map[rune]int32 // the symbol of a character
	chars  []string       // the characters of the symbols after those of the pieces
	cuts   bool           // a text may be cut before any ▁ that follows another character
}

// newSPBPE makes the tables of a model.
func newSPBPE(m *spModel) *spBPE {
	b := &spBPE{spModel: m, runes: map[rune]int32{}}
	// The symbol of a piece is its id. Characters that are in pieces, without
	// being one, have symbols too, since they may be merged.
	for id, p := range m.pieces {
		if r, n := utf8.DecodeRuneInString(p.text); n == len(p.text) {
			b.runes[r] = int32(id)
		}
	}
	var scores []float32
	pairs := 0
	for _, p := range m.pieces {
		if p.kind != normalPiece && p.kind != userPiece {
			continue
		}
		scores = append(scores, p.score)
		for _, r := range p.text {
			pairs++
			if _, ok := b.runes[r]; !ok {
				b.runes[r] = int32(len(m.pieces) + len(b.chars))
				b.chars = append(b.chars, string(r))
			}
		}
	}
	slices.Sort(scores)
	scores = slices.Compact(scores)
	b.merges = newPairTable(pairs)
	_, b.cuts = m.pieceOf(string(metaSpace))
	for id, p := range m.pieces {
		if p.kind != normalPiece && p.kind != userPiece {
			continue
		}
		at, _ := slices.BinarySearch(scores, p.score)
		for i := range p.text {
			if i == 0 {
				continue
			}
			left, ok := b.symbol(p.text[:i])
			right, both := b.symbol(p.text[i:])
			if ok && both {
				b.merges.set(left, right, merge{rank: int32(len(scores) - 1 - at), id: int32(id)})
			}
		}
		if metaCut(p.text) != len(p.text) {
			b.cuts = false
		}
	}
	return b
}

// symbol returns the symbol of a text that a row of symbols may hold.
func (b *spBPE) symbol(text string) (int32, bool) {
	if r, n := utf8.DecodeRuneInString(text); n == len(text) {
		s, ok := b.runes[r]
		return s, ok
	}
	return b.pieceOf(text)
}

// encode appends the ids of text to dst.
func (b *spBPE) encode(dst []int, text string, scratch *merger) []int {
	for text != "" {
		start, end, id, ok := b.users.find(text, 0)
		if !ok {
			start, end = len(text), len(text)
		}
		for part := text[:start]; part != ""; {
			cut := len(part)
			if b.cuts {
				cut = metaCut(part)
			}
			dst = b.encodePart(dst, part[:cut], scratch)
			part = part[cut:]
		}
		if ok {
			dst = append(dst, id)
		}
		text = text[end:]
	}
	return dst
}

// encodePart appends the ids of a text without pieces of the user's.
func (b *spBPE) encodePart(dst []int, part string, scratch *merger) []int {
	return scratch.encode(dst, part, func() []int32 { return b.pieceIDs(part, scratch) })
}

// pieceIDs returns the ids of a text.
func (b *spBPE) pieceIDs(part string, scratch *merger) []int32 {
	scratch.symbols = scratch.symbols[:0]
	var unknown []string // the characters that are in no piece, in order
	const none = -2      // their symbol, which nothing merges with
	for _, r := range part {
		s, ok := b.runes[r]
		if !ok {
			s = none
			unknown = append(unknown, string(r))
		}
		scratch.symbols = append(scratch.symbols, s)
	}
	symbols := scratch.mergeAll(&b.merges)
	ids := make([]int32, 0, len(symbols))
	last := false
	for _, s := range symbols {
		char := ""
		switch n := s - int32(len(b.pieces)); {
		case s == none:
			char, unknown = unknown[0], unknown[1:]
		case n >= 0:
			char = b.chars[n]
		case s == b.unknown:
			char = b.pieces[s].text
		}
		if char == "" {
			ids = append(ids, s)
		} else {
			ids = b.appendUnknown(ids, char, last)
		}
		last = char != ""
	}
	return ids
}

// sentencePieceDecoders are those that every model of SentencePiece has.
func sentencePieceDecoders(prefix bool) []decoder {
	d := []decoder{replace{string(metaSpace), " "}, byteFallbackDecoder{}, fuseDecoder{}}
	if prefix {
		d = append(d, stripDecoder{" ", 1})
	}
	return d
}
