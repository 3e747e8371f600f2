package tokenizer

import "math"

// spUnigram encodes by the unigram language model of a SentencePiece model.
type spUnigram struct {
	*spModel
	lattice
}

// userBonus is the score of a piece of the user's for each byte after the first,
// in SentencePiece 0.2.
const userBonus = 0.1

// newSPUnigram makes the tables of a model.
func newSPUnigram(m *spModel) *spUnigram {
	u := &spUnigram{m, lattice{unknown: m.unknown, single: true}}
	least := float32(math.MaxFloat32)
	var keys []string
	var ids []int32
	for id, p := range m.pieces {
		score := float64(p.score)
		switch p.kind {
		case normalPiece:
			least = min(least, p.score)
		case userPiece:
			score = userBonus * float64(len(p.text)-1) // more than any other piece has
		}
		u.scores = append(u.scores, score)
		if p.kind == normalPiece || p.kind == userPiece {
			keys, ids = append(keys, p.text), append(ids, int32(id))
		}
	}
	u.penalty = float64(least - unknownPenalty)
	u.found = newTrie(keys, ids)
	return u
}

// encode appends the ids of text to dst.
func (u *spUnigram) encode(dst []int, text string, scratch *merger) []int {
	ids := scratch.symbols[:0]
	last := false
	for _, s := range u.spans(text, scratch) {
		if s.id == u.lattice.unknown {
			ids = u.appendUnknown(ids, text[s.start:s.end], last)
		} else {
			ids = append(ids, s.id)
		}
		last = s.id == u.lattice.unknown
	}
	for _, id := range ids {
		dst = append(dst, int(id))
	}
	scratch.symbols = ids
	return dst
}
