package tokenizer

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// GGUF is what a GGUF says of its tokenizer: the values of its keys
// tokenizer.ggml.*, and its architecture. What a file lacks is nil or empty.
type GGUF struct {
	Architecture string    // general.architecture
	Model        string    // model: gpt2 is byte-level BPE, llama SentencePiece's BPE
	Pre          string    // pre: the name of what cuts texts into words, of gpt2
	Tokens       []string  // tokens, by id
	Scores       []float32 // scores of the tokens, of llama
	Types        []int32   // token_type of the tokens: SentencePiece's kinds of pieces
	Merges       []string  // merges, of gpt2: two tokens with a space between
	BOS, EOS     *int      // bos_token_id, eos_token_id
	// Unknown and Padding are unknown_token_id and padding_token_id, which are
	// written only.
	Unknown, Padding *int

	AddBOS, AddEOS *bool // add_bos_token, add_eos_token: whether they are put around a text
	AddSpacePrefix *bool // add_space_prefix, of llama
}

// FromGGUF returns the tokenizer of a GGUF. Ids are those of the tokenizer that
// the file was made of, as far as it says which that was: of llama, spaces are
// put before texts as LLaMA 2 does it, as llama.cpp has it, too. A tokenizer that
// is not known is refused by its name.
func FromGGUF(g GGUF) (*Tokenizer, error) {
	if len(g.Types) > 0 && len(g.Types) != len(g.Tokens) || len(g.Scores) > 0 && len(g.Scores) != len(g.Tokens) {
		return nil, fmt.Errorf("tokenizer: the GGUF has %d tokens, %d scores and %d types of tokens", len(g.Tokens), len(g.Scores), len(g.Types))
	}
	var t *Tokenizer
	var err error
	bos := g.AddBOS != nil && *g.AddBOS
	switch g.Model {
	case "gpt2":
		pre, ok := preNamed(g.Pre)
		if !ok {
			return nil, notImplemented("pre-tokenizer", fmt.Sprintf("%q of a GGUF", g.Pre))
		}
		bos = bos || g.AddBOS == nil && pre.bos
		t, err = g.byteLevel(pre)
	case "llama":
		bos = bos || g.AddBOS == nil
		t, err = g.pieces()
	default:
		return nil, notImplemented("model", fmt.Sprintf("%q of a GGUF", g.Model))
	}
	if err != nil {
		return nil, err
	}
	if t.added, err = newAddedTokens(g.added(t.model), t.model, t.normalizer); err != nil {
		return nil, err
	}
	if bos {
		if t.post.before, err = g.special("BOS", g.BOS); err != nil {
			return nil, err
		}
	}
	if g.AddEOS != nil && *g.AddEOS {
		t.post.after, err = g.special("EOS", g.EOS)
	}
	return t, err
}

// special returns the id of a token that is wanted around a text.
func (g *GGUF) special(role string, id *int) ([]int, error) {
	if id == nil || *id < 0 || *id >= len(g.Tokens) {
		return nil, fmt.Errorf("tokenizer: the GGUF asks for a %s but names none", role)
	}
	return []int{*id}, nil
}

// added returns the control tokens, the unknown one and the user's that the
// model has.
func (g *GGUF) added(model vocabulary) (all []addedToken) {
	for id, kind := range g.Types {
		_, ok := model.id(g.Tokens[id])
		switch k := pieceKind(kind); {
		case !ok:
		case k == controlPiece || k == unknownPiece || k == userPiece:
			all = append(all, addedToken{Content: g.Tokens[id], Special: k != userPiece})
		}
	}
	return all
}

// byteLevel makes a tokenizer of byte-level BPE.
func (g *GGUF) byteLevel(pre preTokenizer) (*Tokenizer, error) {
	if len(g.Merges) == 0 {
		return nil, errors.New("tokenizer: the GGUF has no merges")
	}
	spec := bpeSpec{IgnoreMerges: pre.whole, Vocab: make(map[string]int64, len(g.Tokens))}
	for id, token := range g.Tokens {
		spec.Vocab[token] = int64(id)
	}
	for _, m := range g.Merges {
		left, right, ok := strings.Cut(m, " ")
		if !ok {
			return nil, fmt.Errorf("tokenizer: the merge %.40q of the GGUF is not two tokens with a space between", m)
		}
		spec.Merges = append(spec.Merges, mergeSpec{left, right})
	}
	t := &Tokenizer{decoder: []decoder{byteLevelDecoder{}}, normalizer: pre.normalizer}
	var err error
	if t.splitters, err = pre.splitters(); err != nil {
		return nil, err
	}
	t.model, err = newBPE(&spec, true)
	return t, err
}

// pieces makes a tokenizer of SentencePiece's BPE.
func (g *GGUF) pieces() (*Tokenizer, error) {
	if len(g.Scores) == 0 || len(g.Types) == 0 {
		return nil, errors.New("tokenizer: the GGUF has no scores or no types of tokens")
	}
	gemma := strings.HasPrefix(g.Architecture, "gemma")
	m := &spModel{unknownText: "<unk>"}
	for id, token := range g.Tokens {
		p := spPiece{token, g.Scores[id], pieceKind(g.Types[id])}
		if gemma && strings.Trim(token, " ") == "" {
			p.text = strings.Repeat(string(metaSpace), len(token)) // as it was before llama.cpp's conversion
		}
		if p.kind == unknownPiece {
			m.unknownText = p.text
		}
		m.pieces = append(m.pieces, p)
	}
	if err := m.index(); err != nil {
		return nil, fmt.Errorf("tokenizer: the GGUF's vocabulary cannot be read: %w", err)
	}
	prefix := !gemma && (g.AddSpacePrefix == nil || *g.AddSpacePrefix)
	t := &Tokenizer{decoder: sentencePieceDecoders(prefix)}
	vocab := m.vocabulary()
	if gemma {
		t.normalizer, t.splitters = gemmaParts(nil, false)
		for id := range vocab {
			vocab[id].score = -float64(id) // the order of its merges is that of the tokens
		}
	} else {
		if prefix {
			t.normalizer = append(t.normalizer, prepend(string(metaSpace)))
		}
		t.normalizer = append(t.normalizer, replace{" ", string(metaSpace)})
	}
	return t, t.setPieces(m, vocab, m.ids, int(m.unknown), true)
}

// preTokenizer is what cuts texts into words for a byte-level model.
type preTokenizer struct {
	names      []string // in tokenizer.ggml.pre
	normalizer normalizers
	patterns   []string
	whole      bool // a word that is a token is that token, whatever the merges
	bos        bool // a BOS is put before a text unless the file says otherwise
}

// splitters returns what cuts texts by the patterns.
func (p *preTokenizer) splitters() (all []splitter, err error) {
	for _, pattern := range p.patterns {
		s, err := splitAround(pattern)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// preTokenizers are those that are known, by the names that llama.cpp gives them
// and as the models have them that it made these names for.
var preTokenizers = []preTokenizer{
	{names: []string{"gpt-2", "phi-2"}, patterns: []string{gpt2Pattern}},
	{names: []string{"olmo", "mpt"}, normalizer: normalizers{nfc}, patterns: []string{gpt2Pattern}}, // GPT-NeoX
	{names: []string{"smollm", "starcoder", "refact", "codeshell", "exaone", "minerva-7b"}, patterns: []string{`\p{N}`, gpt2Pattern}},
	{names: []string{"command-r"}, normalizer: normalizers{nfc}, patterns: []string{`\p{N}`, gpt2Pattern}},
	{names: []string{"llama3", "llama-v3", "llama-bpe", "falcon3", "lfm2"}, patterns: []string{llama3Pattern}, whole: true, bos: true},
	{names: []string{"dbrx", "smaug-bpe"}, patterns: []string{llama3Pattern}},
	{names: []string{"qwen2", "deepseek-r1-qwen", "megrez"}, normalizer: normalizers{nfc}, patterns: []string{qwen2Pattern}},
	{names: []string{"qwen35"}, normalizer: normalizers{nfc}, patterns: []string{qwen35Pattern}},
	{names: []string{"stablelm2"}, patterns: []string{qwen2Pattern}},
	{names: []string{"bloom", "poro-chat", "gpt3-finnish"}, patterns: []string{bloomPattern}},
	{names: []string{"tekken"}, patterns: []string{tekkenPattern}, whole: true, bos: true},
	{names: []string{"gpt-4o", "llama4"}, patterns: []string{o200kPattern}},
}

// preNamed returns the pre-tokenizer of a name.
func preNamed(name string) (preTokenizer, bool) {
	i := slices.IndexFunc(preTokenizers, func(p preTokenizer) bool { return slices.Contains(p.names, name) })
	if i < 0 {
		return preTokenizer{}, false
	}
	return preTokenizers[i], true
}
