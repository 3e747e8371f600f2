package tokenizer

import (
	"encoding/json"
	"fmt"
	"math"
)

// unigram is the model of a tokenizer.json of type Unigram, as Hugging Face's
// tokenizers run it: sums are double precision, every token may be found in a
// text, and a run of unknown characters is one token, which may be in the
// vocabulary after all.
type unigram struct {
	lattice
	ids    map[string]int32
	tokens []string
	bytes  *[256]int32 // the tokens of bytes, nil without fallback; −1 has none
}

// unigramSpec is such a model as the file has it.
type unigramSpec struct {
	UnkID        *int64        `json:"unk_id"`
	ByteFallback bool          `json:"byte_fallback"`
	Vocab        []scoredToken `json:"vocab"`
}

// scoredToken is a token written as ["▁the", -3.5].
type scoredToken struct {
	token string
	score float64
}

// UnmarshalJSON reads the pair.
func (s *scoredToken) UnmarshalJSON(b []byte) error {
	pair := []any{&s.token, &s.score}
	if err := json.Unmarshal(b, &pair); err != nil {
		return err
	}
	if len(pair) != 2 {
		return fmt.Errorf("a token of a unigram model is a string and a score")
	}
	return nil
}

// readUnigram reads a model.
func readUnigram(raw json.RawMessage) (*unigramSpec, error) {
	var s unigramSpec
	if err := readComponent("model", "Unigram", raw, &s); err != nil {
		return nil, err
	}
	return &s, nil
}

// newUnigram builds the tables of a model.
func newUnigram(s *unigramSpec) (*unigram, error) {
	switch {
	case len(s.Vocab) == 0:
		return nil, fmt.Errorf("tokenizer: the model has no vocabulary")
	case s.UnkID == nil:
		return nil, notImplemented("model", "Unigram without an unk_id")
	case *s.UnkID < 0 || *s.UnkID >= int64(len(s.Vocab)):
		return nil, fmt.Errorf("tokenizer: the unk_id %d is not in the vocabulary", *s.UnkID)
	}
	u := &unigram{ids: make(map[string]int32, len(s.Vocab))}
	u.unknown = int32(*s.UnkID)
	least := math.Inf(1)
	for id, t := range s.Vocab {
		if len(t.token) > longestPiece {
			return nil, fmt.Errorf("tokenizer: the token %.40q is longer than %d bytes", t.token, longestPiece)
		}
		u.ids[t.token] = int32(id) // of equals, the last
		u.tokens, u.scores = append(u.tokens, t.token), append(u.scores, t.score)
		least = min(least, t.score)
	}
	u.penalty = least - unknownPenalty
	var keys []string
	var values []int32
	for id, token := range u.tokens {
		if token != "" && u.ids[token] == int32(id) {
			keys, values = append(keys, token), append(values, int32(id))
		}
	}
	u.found = newTrie(keys, values)
	if s.ByteFallback {
		u.bytes = new([256]int32)
		for b := range u.bytes {
			u.bytes[b] = -1
			if id, ok := u.ids[byteToken(b)]; ok {
				u.bytes[b] = id
			}
		}
	}
	return u, nil
}

// encode appends the ids of word to dst.
func (u *unigram) encode(dst []int, word string, scratch *merger) []int {
	return scratch.encode(dst, word, func() []int32 {
		ids := scratch.symbols[:0]
		spans := u.spans(word, scratch)
		for i := 0; i < len(spans); i++ {
			s := spans[i]
			if s.id != u.unknown {
				ids = append(ids, s.id)
				continue
			}
			for i+1 < len(spans) && spans[i+1].id == u.unknown {
				i++
			}
			ids = u.appendUnknown(ids, word[s.start:spans[i].end])
		}
		scratch.symbols = ids
		return ids
	})
}

// appendUnknown appends what a run of unknown characters becomes.
func (u *unigram) appendUnknown(dst []int32, chars string) []int32 {
	if id, ok := u.ids[chars]; ok {
		return append(dst, id)
	}
	if u.bytes != nil {
		begin := len(dst)
		for i := range len(chars) {
			id := u.bytes[chars[i]]
			if id < 0 {
				return append(dst[:begin], u.unknown)
			}
			dst = append(dst, id)
		}
		return dst
	}
	return append(dst, u.unknown)
}

func (u *unigram) id(token string) (int, bool) {
	id, ok := u.ids[token]
	return int(id), ok
}

func (u *unigram) token(id int) (string, bool) {
	if id < 0 || id >= len(u.tokens) {
		return "", false
	}
	return u.tokens[id], true
}

func (u *unigram) count() int { return len(u.tokens) }
