package tokenizer

import (
	"math"
	"unicode/utf8"
)

// unigram encodes by the unigram language model of SentencePiece (Kudo 2018): of
// all ways to cut a text into pieces, the one whose scores, which are logarithms
// of probabilities, have the greatest sum. Sums are single precision and rounded
// where SentencePiece rounds them, since ids depend on it.
type unigram struct {
	*spModel
	found matcher // of the pieces that a text may become
	unk   float32 // score of a character that is no piece
}

// unknownPenalty is how far an unknown character is below the least score.
const unknownPenalty = 10

// userBonus is the score of a piece of the user's for each byte after the first,
// in SentencePiece 0.2.
const userBonus = 0.1

// newUnigram makes the tables of a model.
func newUnigram(m *spModel) *unigram {
	u := &unigram{spModel: m}
	least := float32(math.MaxFloat32)
	for id, p := range m.pieces {
		if p.kind == normalPiece {
			least = min(least, p.score)
		}
		if p.kind == normalPiece || p.kind == userPiece {
			u.found.add(p.text, id)
		}
	}
	u.unk = least - unknownPenalty
	return u
}

// step is the best way to end at a place of the text: its score, its last piece
// and where that begins.
type step struct {
	score float32
	id    int32
	start int
}

// encode appends the ids of text to dst.
func (u *unigram) encode(dst []int, text string, _ *merger) []int {
	best := make([]step, len(text)+1)
	for i := range best {
		best[i].start = -1
	}
	for at := 0; at < len(text); {
		till := best[at].score
		_, char := utf8.DecodeRuneInString(text[at:])
		single := false
		for _, n := range u.found.lengths[text[at]] {
			if at+n > len(text) {
				continue
			}
			id, ok := u.found.ids[text[at:at+n]]
			if !ok {
				continue
			}
			score := float64(u.pieces[id].score)
			if u.pieces[id].kind == userPiece {
				score = userBonus * float64(n-1) // more than any other piece has
			}
			single = single || n == char
			sum := score + float64(till)
			if to := &best[at+n]; to.start < 0 || sum > float64(to.score) {
				*to = step{float32(sum), int32(id), at}
			}
		}
		if !single {
			if to := &best[at+char]; to.start < 0 || u.unk+till > to.score {
				*to = step{u.unk + till, u.unknown, at}
			}
		}
		at += char
	}
	var path []int // ends of the pieces, last first
	for end := len(text); end > 0; end = best[end].start {
		path = append(path, end)
	}
	ids := make([]int32, 0, len(path))
	last := false
	for i := len(path) - 1; i >= 0; i-- {
		s := best[path[i]]
		if s.id == u.unknown {
			ids = u.appendUnknown(ids, text[s.start:path[i]], last)
		} else {
			ids = append(ids, s.id)
		}
		last = s.id == u.unknown
	}
	for _, id := range ids {
		dst = append(dst, int(id))
	}
	return dst
}
