package tokenizer

import (
	"errors"
	"fmt"
	"slices"
)

// ErrNone is what ToGGUF's error wraps where a folder has no tokenizer at all.
var ErrNone = errors.New("tokenizer: there is none")

// ToGGUF returns what a GGUF file of an architecture says of the tokenizer of a
// folder, whose model has rows word embeddings. It is read back, and must give
// the ids that the folder's does; one that llama.cpp has no way to say is
// refused.
func ToGGUF(dir, architecture string, rows int) (g GGUF, err error) {
	if !In(dir) {
		return g, fmt.Errorf("%w in %s", ErrNone, dir)
	}
	t, err := Open(dir)
	if err != nil {
		return g, err
	}
	s, err := readSettings(dir)
	if err != nil {
		return g, err
	}
	g = GGUF{Architecture: architecture}
	if err := g.setTokens(t, rows); err != nil {
		return g, fmt.Errorf("tokenizer: the tokenizer of %s: %w", dir, err)
	}
	g.setRoles(t, &s)
	if !g.setWords(t) {
		return g, fmt.Errorf("tokenizer: the tokenizer of %s is none that llama.cpp has: it would cut texts otherwise", dir)
	}
	return g, nil
}

// setTokens sets the vocabulary, and of byte-level BPE the merges.
func (g *GGUF) setTokens(t *Tokenizer, rows int) error {
	last := t.model.count() - 1
	for id := range t.added.byID {
		last = max(last, id)
	}
	if last >= rows {
		return fmt.Errorf("it has %d tokens, the model word embeddings for %d", last+1, rows)
	}
	g.Tokens, g.Types = make([]string, rows), make([]int32, rows)
	for id := range rows {
		token, ok := t.model.token(id)
		g.Tokens[id], g.Types[id] = token, int32(normalPiece)
		if !ok {
			g.Tokens[id], g.Types[id] = fmt.Sprintf("[PAD%d]", id), int32(unusedPiece)
		}
	}
	switch m := t.model.(type) {
	case *bpe:
		if m.byteLevel {
			g.Model, g.Merges = "gpt2", m.mergeTexts()
			break
		}
		g.Model = "llama"
		g.setScores(m)
	case *spBPE:
		g.Model, g.Scores = "llama", make([]float32, rows)
		for id, p := range m.pieces {
			g.Scores[id], g.Types[id] = p.score, int32(p.kind)
		}
	default:
		return errors.New("a unigram model is of none of llama.cpp's decoders")
	}
	for id, a := range t.added.byID {
		g.Tokens[id] = a.Content
		switch kind := pieceKind(g.Types[id]); {
		case kind == unknownPiece || kind == bytePiece:
		case a.Special:
			g.Types[id] = int32(controlPiece)
		default:
			g.Types[id] = int32(userPiece)
		}
		if g.Scores != nil && pieceKind(g.Types[id]) != bytePiece {
			g.Scores[id] = min(g.Scores[id], -1000)
		}
	}
	return nil
}

// mergeTexts returns the merges, two tokens with a space between, by rank.
func (m *bpe) mergeTexts() []string {
	type ranked struct {
		rank int32
		text string
	}
	var all []ranked
	for i, key := range m.merges.keys {
		if key == 0 {
			continue
		}
		key--
		all = append(all, ranked{m.merges.vals[i].rank, m.tokens[int32(key>>32)] + " " + m.tokens[int32(uint32(key))]})
	}
	slices.SortFunc(all, func(a, b ranked) int { return int(a.rank) - int(b.rank) })
	texts := make([]string, len(all))
	for i, r := range all {
		texts[i] = r.text
	}
	return texts
}

// setScores gives tokens scores in the order in which merges make them, and
// finds those that stand for bytes.
func (g *GGUF) setScores(m *bpe) {
	g.Scores = make([]float32, len(g.Tokens))
	first := map[int32]int32{}
	for i, key := range m.merges.keys {
		if v := m.merges.vals[i]; key != 0 {
			if rank, ok := first[v.id]; !ok || v.rank < rank {
				first[v.id] = v.rank
			}
		}
	}
	for id := range g.Tokens {
		rank, made := first[int32(id)]
		if g.Scores[id] = -float32(rank); !made {
			g.Scores[id] = -1e6
		}
	}
	if m.unknown >= 0 {
		g.Types[m.unknown] = int32(unknownPiece)
	}
	for b, id := range m.fallback {
		if id >= 0 && g.Tokens[id] == byteToken(b) {
			g.Types[id] = int32(bytePiece)
		}
	}
}

// setRoles sets the tokens of roles, and which of them are put around a text.
func (g *GGUF) setRoles(t *Tokenizer, s *settings) {
	id := func(token *specialToken) *int {
		if token == nil {
			return nil
		}
		if id, ok := t.added.ids[token.Content]; ok {
			return &id
		}
		if id, ok := t.model.id(token.Content); ok {
			return &id
		}
		return nil
	}
	g.BOS, g.EOS, g.Unknown, g.Pad = id(s.BOS), id(s.EOS), id(s.Unk), id(s.Pad)
	around := func(role **int, ids []int) *bool {
		put := len(ids) > 0
		if put {
			*role = &ids[0]
		}
		return &put
	}
	g.AddBOS, g.AddEOS = around(&g.BOS, t.post.before), around(&g.EOS, t.post.after)
}

// setWords finds the name of what cuts texts into words, or whether a space is
// put before them, with which the ids are those of t.
func (g *GGUF) setWords(t *Tokenizer) bool {
	if g.Model == "llama" {
		for _, space := range []bool{true, false} {
			g.AddSpacePrefix = &space
			if back, err := fromGGUF(g); err == nil && sameIDs(t, back) {
				return true
			}
		}
		return false
	}
	var back *Tokenizer // whose model does for all, since merges are all the same
	for _, pre := range preTokenizers {
		if pre.whole != t.model.(*bpe).ignoreMerges {
			continue
		}
		g.Pre = pre.names[0]
		if back == nil {
			var err error
			if back, err = fromGGUF(g); err != nil {
				return false
			}
		}
		split, err := pre.splitters()
		back.splitters, back.normalizer = split, pre.normalizer()
		if err == nil && sameIDs(t, back) {
			return true
		}
	}
	return false
}

// sameIDs says whether two tokenizers give the same ids for texts that tell
// apart all that is known here.
func sameIDs(a, b *Tokenizer) bool {
	for _, text := range probes {
		x, errX := a.Encode(text, true)
		y, errY := b.Encode(text, true)
		if errX != nil || errY != nil || !slices.Equal(x, y) {
			return false
		}
	}
	return true
}

// probes are texts of many scripts, with all that patterns look at: runs of
// digits and spaces, line ends, contractions in either case, marks, letters that
// Unicode's normal forms change.
var probes = []string{
	"Hello world. It's 1 12 123 1234 12345 1,234.56; we'LL see, I'd say. THEY'RE here!!! (a/b) [x]\n\n\n  indented\t\ttabs \r\n\r\nend  ",
	"  two spaces,   three;\n \n  \n   x = {'a': [1, 2, 3]}; // !!!\n/* --- === */ path/to/file\n/\n", "camelCaseWord HTTPServer iPhone15Pro v2.0-beta ²³ ½ Ⅷ ٣٤٥ १२३ 一二三",
	"Grüße, naïve cafe\u0301 e\u0301te\u0301 ﬁ Å \u212b ŉ İi", "Привет, мир! Ёлка №5. Καλημέρα κόσμε· ΑΎΡΙΟ", "مرحبا بالعالم، كيف الحالُ؟ ١٢٣۔ שלום עולם נִקּוּד",
	"नमस्ते दुनिया। কেমন আছেন? สวัสดีชาวโลก ភាសាខ្មែរ", "你好，世界！今天3天～ こんにちは世界。カタカナ ｱｲｳ 안녕하세요 세계", "🚀😶\u200d🌫️👩🏽\u200d🚀 🇩🇪 ✅\u00a0nbsp\u2003em\u3000wide\u200bzero", "\u0301mark \U0001d54f \ufeff\u0000", "x", " ", "\n", "",
}

// fromGGUF returns the tokenizer that is read back.
func fromGGUF(g *GGUF) (*Tokenizer, error) {
	files, err := g.files()
	if err != nil {
		return nil, err
	}
	return OpenFiles(files)
}
