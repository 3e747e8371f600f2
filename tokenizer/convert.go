package tokenizer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// convertPlain makes of a model what SentencePiece itself does.
func convertPlain(m *spModel, s *settings) (*Tokenizer, []addedToken, error) {
	t := &Tokenizer{}
	unused := slices.IndexFunc(m.pieces, func(p spPiece) bool { return p.kind == unusedPiece })
	switch {
	case m.unigram:
		t.model = newSPUnigram(m)
	case unused >= 0:
		return nil, nil, notImplemented("model", fmt.Sprintf("of SentencePiece with the unused piece %.40q", m.pieces[unused].text))
	default:
		t.model = newSPBPE(m)
	}
	if s.AddPrefixSpace != nil {
		m.normalizer.prefix = *s.AddPrefixSpace
	}
	t.decoder = sentencePieceDecoders(m.normalizer.prefix)
	t.normalizer = normalizers{&m.normalizer}
	return t, nil, nil
}

// The classes of transformers 4 make a tokenizer.json of a model of
// SentencePiece: with normalizers of their own for the model's, Hugging Face's
// algorithms, merges that join any two pieces to a third, and control pieces and
// those of the user as added tokens.

// convertLlama is the conversion of LlamaTokenizer.
func convertLlama(m *spModel, s *settings) (*Tokenizer, []addedToken, error) {
	vocab := m.vocabulary()
	for id := range vocab[:min(3, len(vocab))] {
		vocab[id].score = 0
		if added, ok := s.Added[id]; ok {
			vocab[id].token = added.Content
		}
	}
	prefix := s.AddPrefixSpace == nil || *s.AddPrefixSpace
	t := &Tokenizer{decoder: sentencePieceDecoders(prefix)}
	meta := string(metaSpace)
	if s.Legacy != nil && !*s.Legacy {
		t.splitters = []splitter{metaspace{char: meta, first: prefix}}
	} else {
		if prefix {
			t.normalizer = append(t.normalizer, prepend(meta))
		}
		t.normalizer = append(t.normalizer, replace{" ", meta})
	}
	err := t.setPieces(m, vocab, m.ids, 0, true)
	return t, m.addedTokens(), err
}

// convertGemma is the conversion of GemmaTokenizer.
func convertGemma(m *spModel, s *settings) (*Tokenizer, []addedToken, error) {
	const tab = 9
	vocab := m.vocabulary()
	for id, role := range []*specialToken{s.Pad, s.EOS, s.BOS} {
		if role != nil && id < len(vocab) {
			vocab[id] = scoredToken{role.Content, 0}
		}
	}
	known := make(map[string]int32, len(m.ids)+1)
	for id, p := range m.pieces {
		known[p.text] = int32(id)
	}
	if id, ok := m.ids[byteToken(tab)]; ok {
		vocab[id].token, known["\t"] = "\t", id
	}
	t := &Tokenizer{decoder: sentencePieceDecoders(false)}
	t.normalizer, t.splitters = gemmaParts(s, false)
	err := t.setPieces(m, vocab, known, 3, true)
	tokens := m.addedTokens()
	for i, turn := range tokens {
		tokens[i].Special = turn.Special || turn.Content == "<start_of_turn>" || turn.Content == "<end_of_turn>"
	}
	return t, tokens, err
}

// convertT5 is the conversion of T5Tokenizer.
func convertT5(m *spModel, s *settings) (*Tokenizer, []addedToken, error) {
	if !m.unigram {
		return nil, nil, notImplemented("tokenizer_class", "T5Tokenizer of a model that is not unigram")
	}
	vocab := m.vocabulary()
	for i := s.extraIDs() - 1; i >= 0; i-- {
		vocab = append(vocab, scoredToken{extraID(i), 0})
	}
	t := &Tokenizer{}
	if len(m.normalizer.chars.units) > 0 {
		t.normalizer = normalizers{newPrecompiled(m.normalizer.chars)}
	}
	runs, err := compile(" {2,}")
	if err != nil {
		return nil, nil, err
	}
	t.normalizer = append(t.normalizer, strip{right: true}, replaceMatches{runs, string(metaSpace)})
	legacy := s.Legacy == nil || *s.Legacy
	meta := metaspace{char: string(metaSpace), always: legacy, first: !legacy, cut: true}
	t.splitters, t.decoder = []splitter{meta}, []decoder{meta}
	if err := t.setPieces(m, vocab, m.ids, int(m.unknown), false); err != nil {
		return nil, nil, err
	}
	if id, ok := t.model.id("</s>"); ok {
		t.post.after = []int{id}
	}
	return t, m.addedTokens(), nil
}

// extraID returns the token of a number.
func extraID(i int) string { return fmt.Sprintf("<extra_id_%d>", i) }

// extraIDs returns how many extra ids the settings have, no more than a
// thousand.
func (s *settings) extraIDs() int {
	if s.ExtraIDs == nil {
		return 100
	}
	return max(0, min(*s.ExtraIDs, 1000))
}

// addExtraIDs adds the extra ids to the special tokens unless they name them.
func (s *settings) addExtraIDs() error {
	named := 0
	for _, t := range slices.Concat(s.Additional, s.Extra.list) {
		if strings.Contains(t.Content, "<extra_id_") {
			named++
		}
	}
	n := s.extraIDs()
	if named > 0 && n > 0 && n != named {
		return fmt.Errorf("tokenizer: tokenizer_config.json has %d extra_ids and names %d", n, named)
	}
	for i := range n {
		if named == 0 {
			s.Additional = append(s.Additional, specialToken{addedToken{Content: extraID(i), Special: true}})
		}
	}
	return nil
}

// vocabulary returns the pieces and their scores.
func (m *spModel) vocabulary() []scoredToken {
	all := make([]scoredToken, len(m.pieces))
	for id, p := range m.pieces {
		all[id] = scoredToken{p.text, float64(p.score)}
	}
	return all
}

// addedTokens returns the control pieces and the user's.
func (m *spModel) addedTokens() (all []addedToken) {
	for _, p := range m.pieces {
		if p.kind == controlPiece || p.kind == userPiece {
			all = append(all, addedToken{Content: p.text, Special: p.kind == controlPiece})
		}
	}
	return all
}

// setPieces sets the model of t: of a unigram model, with the unknown token of
// that id, or of a BPE model, whose merges join pieces of known.
func (t *Tokenizer) setPieces(m *spModel, vocab []scoredToken, known map[string]int32, unknown int, fallback bool) (err error) {
	if m.unigram {
		id := int64(unknown)
		t.model, err = newUnigram(&unigramSpec{UnkID: &id, ByteFallback: fallback, Vocab: vocab})
		return err
	}
	spec := bpeSpec{UnkToken: &m.unknownText, FuseUnk: true, ByteFallback: fallback, Vocab: make(map[string]int64, len(vocab))}
	for id, v := range vocab {
		spec.Vocab[v.token] = int64(id)
	}
	spec.Merges = mergesOf(vocab, known)
	t.model, err = newBPE(&spec, false)
	return err
}

// mergesOf returns all merges of two known pieces into a token, the likelier
// tokens first.
func mergesOf(vocab []scoredToken, known map[string]int32) []mergeSpec {
	type scoredMerge struct {
		mergeSpec
		score       float64
		left, right int // lengths in characters
	}
	var all []scoredMerge
	for _, v := range vocab {
		begin := len(all)
		n, length := 0, utf8.RuneCountInString(v.token)
		for i := range v.token {
			if i > 0 {
				left, right := v.token[:i], v.token[i:]
				_, ok := known[left]
				if _, both := known[right]; ok && both {
					all = append(all, scoredMerge{mergeSpec{left, right}, v.score, n, length - n})
				}
			}
			n++
		}
		slices.SortStableFunc(all[begin:], func(a, b scoredMerge) int {
			return cmp.Or(cmp.Compare(known[a.mergeSpec.left], known[b.mergeSpec.left]), cmp.Compare(known[a.mergeSpec.right], known[b.mergeSpec.right]))
		})
	}
	slices.SortStableFunc(all, func(a, b scoredMerge) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.left, a.left), cmp.Compare(b.right, a.right))
	})
	merges := make([]mergeSpec, len(all))
	for i, m := range all {
		merges[i] = m.mergeSpec
	}
	return merges
}
