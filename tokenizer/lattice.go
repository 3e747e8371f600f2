package tokenizer

import (
	"slices"
	"unicode/utf8"
)

// lattice finds, of all ways to cut a text into pieces of a unigram language
// model (Kudo 2018), the one whose scores, which are logarithms of
// probabilities, have the greatest sum: Viterbi's algorithm (1967).
type lattice struct {
	found   *trie
	scores  []float64 // of the pieces, by id
	unknown int32     // the id of a character that is no piece
	penalty float64   // and its score
	single  bool      // sums are rounded to single precision, as SentencePiece does: ids depend on it
}

// unknownPenalty is how far an unknown character is below the least score.
const unknownPenalty = 10

// step is the best way to end at a place of the text: its score, its last piece
// and where that begins.
type step struct {
	score float64
	start int
	id    int32
}

// span is a piece of a text.
type span struct {
	start, end int
	id         int32
}

// spans returns the best way to cut text, which the next call overwrites.
func (l *lattice) spans(text string, scratch *merger) []span {
	best := slices.Grow(scratch.steps[:0], len(text)+1)[:len(text)+1]
	for i := range best {
		best[i] = step{start: -1}
	}
	for at := 0; at < len(text); {
		till := best[at].score
		_, char := utf8.DecodeRuneInString(text[at:])
		known := false // the character alone is a piece
		for node, end := int32(0), at; end < len(text); {
			if node = l.found.child(node, text[end]); node < 0 {
				break
			}
			end++
			if id := l.found.value[node]; id >= 0 {
				known = known || end == at+char
				l.offer(&best[end], l.scores[id]+till, at, id)
			}
		}
		if !known {
			sum := l.penalty + till
			if l.single {
				sum = float64(float32(sum))
			}
			l.offer(&best[at+char], sum, at, l.unknown)
		}
		at += char
	}
	spans := scratch.spans[:0]
	for end := len(text); end > 0; end = best[end].start {
		spans = append(spans, span{best[end].start, end, best[end].id})
	}
	slices.Reverse(spans)
	scratch.steps, scratch.spans = best, spans
	return spans
}

// offer takes a way to end at a place if it is the first or better than the best.
func (l *lattice) offer(to *step, sum float64, at int, id int32) {
	if to.start >= 0 && !(sum > to.score) {
		return
	}
	if l.single {
		sum = float64(float32(sum))
	}
	*to = step{sum, at, id}
}
