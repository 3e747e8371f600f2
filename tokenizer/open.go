package tokenizer

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"sparsellm/internal/placeholder"
)

// Open reads the tokenizer of a checkpoint folder: its tokenizer.json, or, for
// OPT and GPT-2, its vocab.json and merges.txt, or, for LLaMA, its
// tokenizer.model; with tokenizer_config.json and special_tokens_map.json where
// they change what the text becomes.
func Open(dir string) (*Tokenizer, error) {
	s, err := readSettings(dir)
	if err != nil {
		return nil, err
	}
	_, err = os.Stat(filepath.Join(dir, "vocab.json"))
	vocab := err == nil
	for _, f := range []struct {
		name  string
		parse func([]byte, settings) (*Tokenizer, error)
	}{{"tokenizer.json", parse}, {s.class.pieces(), parseSentencePiece}} {
		path := filepath.Join(dir, f.name)
		data, err := readBounded(path)
		switch {
		case err == nil:
			t, err := f.parse(data, s)
			if err != nil {
				return nil, fmt.Errorf("%w (in %s)", err, path)
			}
			return t, nil
		case !errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("tokenizer: %w", err)
		case vocab:
			return openPair(dir, s)
		}
	}
	return openPair(dir, s)
}

// In says whether a folder has a tokenizer that Open looks for.
func In(dir string) bool {
	return slices.ContainsFunc([]string{"tokenizer.json", "tokenizer.model", "vocab.json"}, func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, name))
		return err == nil
	})
}

// OpenFiles reads the tokenizer of a folder that has these files, a
// tokenizer.json among them, such as FilesOfGGUF makes.
func OpenFiles(files map[string][]byte) (*Tokenizer, error) {
	s, err := settingsOf(func(name string, v any) error {
		data, ok := files[name]
		if !ok {
			return nil
		}
		return unmarshal(data, v)
	})
	if err != nil {
		return nil, err
	}
	return parse(files["tokenizer.json"], s)
}

// parseSentencePiece builds the tokenizer of a tokenizer.model as the class's
// conversion to a tokenizer.json does.
func parseSentencePiece(data []byte, s settings) (*Tokenizer, error) {
	convert := s.class.convert
	switch {
	case len(s.class.names) == 0:
		convert = convertPlain
	case convert == nil:
		return nil, notImplemented("tokenizer_class", s.class.names[0]+" without a tokenizer.json")
	}
	if err := placeholder.Markup(data); err != nil {
		return nil, fmt.Errorf("tokenizer: tokenizer.model %w", err)
	}
	m, err := readSentencePiece(data)
	if kind := foreignModel(data); kind != "" {
		err = errors.New("it is " + kind)
	}
	if err != nil {
		return nil, fmt.Errorf("tokenizer: tokenizer.model is no model of SentencePiece that can be read: %w; "+
			"AutoTokenizer.from_pretrained(…).save_pretrained(…) of transformers makes a tokenizer.json", err)
	}
	t, tokens, err := convert(m, &s)
	if err != nil {
		return nil, err
	}
	if t.added, err = newAddedTokens(append(tokens, s.tokens(tokens)...), t.model, t.normalizer); err != nil {
		return nil, err
	}
	return t, s.adapt(t, false)
}

// parse builds the tokenizer of a tokenizer.json. Its truncation and padding
// are passed over, since transformers applies them only when asked to; but the
// token that pads becomes a special one.
func parse(data []byte, s settings) (*Tokenizer, error) {
	var file struct {
		Version string
		Padding *struct {
			PadToken string `json:"pad_token"`
		}
		AddedTokens   []addedToken    `json:"added_tokens"`
		Normalizer    json.RawMessage `json:"normalizer"`
		PreTokenizer  json.RawMessage `json:"pre_tokenizer"`
		PostProcessor json.RawMessage `json:"post_processor"`
		Decoder       json.RawMessage `json:"decoder"`
		Model         json.RawMessage `json:"model"`
	}
	if err := unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	if file.Version != "1.0" {
		return nil, notImplemented("version", fmt.Sprintf("%q of tokenizer.json", file.Version))
	}
	var kind struct{ Type string }
	if err := json.Unmarshal(file.Model, &kind); err != nil {
		return nil, fmt.Errorf("tokenizer: the model: %w", err)
	}
	var spec bpeSpec
	switch kind.Type {
	case "BPE", "":
		if err := json.Unmarshal(file.Model, &spec); err != nil {
			return nil, fmt.Errorf("tokenizer: the model: %w", err)
		}
	case "Unigram":
	default:
		return nil, notImplemented("model", kind.Type)
	}
	for kind, raw := range map[string]json.RawMessage{"normalizer": file.Normalizer, "pre-tokenizer": file.PreTokenizer,
		"post-processor": file.PostProcessor, "decoder": file.Decoder} {
		if tooDeep(raw) {
			return nil, notImplemented(kind, fmt.Sprintf("nested more than %d deep", deepest))
		}
	}
	t := &Tokenizer{}
	var byteLevel bool
	var err error
	if t.normalizer, err = readNormalizers(file.Normalizer); err != nil {
		return nil, err
	}
	if !s.v5() {
		file.PreTokenizer = s.prefixed(file.PreTokenizer)
	}
	if t.splitters, byteLevel, err = readPreTokenizer(file.PreTokenizer); err != nil {
		return nil, err
	}
	if t.post, err = readPostProcessor(file.PostProcessor); err != nil {
		return nil, err
	}
	if t.decoder, err = openDecoders(file.Decoder); err != nil {
		return nil, err
	}
	if s.v5() {
		s.rebuild(data, t, &spec, &byteLevel)
	}
	if kind.Type == "Unigram" {
		t.model, err = s.unigram(file.Model, t, byteLevel)
	} else {
		t.model, err = newBPE(&spec, byteLevel)
	}
	if err != nil {
		return nil, err
	}
	if s.Pad == nil && file.Padding != nil {
		s.Pad = &specialToken{addedToken{Content: file.Padding.PadToken, Special: true}}
	}
	tokens := slices.Concat(file.AddedTokens, s.tokens(file.AddedTokens), s.tokensAgain())
	if t.added, err = newAddedTokens(tokens, t.model, t.normalizer); err != nil {
		return nil, err
	}
	if !s.v5() {
		kindOf, err := componentType("pre-tokenizer", file.PreTokenizer)
		if err != nil {
			return nil, err
		}
		return t, s.adapt(t, kindOf == "ByteLevel")
	}
	if s.class.extra {
		t.post = template{}
		t.post.after, err = t.special("EOS", s.EOS)
	}
	return t, err
}

// foreignModel returns what else a tokenizer.model may be, or "".
func foreignModel(data []byte) string {
	line, _, _ := bytes.Cut(data[:min(len(data), 1024)], []byte("\n"))
	word, rank, ok := strings.Cut(string(line), " ")
	_, base := base64.StdEncoding.DecodeString(word)
	_, number := strconv.Atoi(rank)
	if ok && base == nil && number == nil {
		return "a vocabulary of tiktoken"
	}
	return ""
}

// openPair reads vocab.json and merges.txt as the class and its conversion to a
// tokenizer.json do.
func openPair(dir string, s settings) (*Tokenizer, error) {
	vocab, err := readBounded(filepath.Join(dir, "vocab.json"))
	if errors.Is(err, fs.ErrNotExist) {
		for _, other := range []string{"tekken.json", "tiktoken.model", "spiece.model", "spm.model", "sentencepiece.bpe.model", "vocab.txt"} {
			if _, err := os.Stat(filepath.Join(dir, other)); err == nil {
				return nil, fmt.Errorf("tokenizer: %s has a %s only, which is not read: "+
					"AutoTokenizer.from_pretrained(…).save_pretrained(…) of transformers makes a tokenizer.json of it", dir, other)
			}
		}
		return nil, fmt.Errorf("tokenizer: %s has neither tokenizer.json nor tokenizer.model nor vocab.json with merges.txt", dir)
	} else if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	merges, err := readBounded(filepath.Join(dir, "merges.txt"))
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	if !s.class.pair && len(s.class.names) > 0 {
		return nil, notImplemented("tokenizer_class", s.class.names[0]+" without a tokenizer.json")
	}
	t, err := parsePair(vocab, merges, s)
	if err != nil {
		return nil, fmt.Errorf("%w (in %s)", err, dir)
	}
	return t, nil
}

// parsePair builds the tokenizer of a vocab.json and a merges.txt.
func parsePair(vocab, merges []byte, s settings) (*Tokenizer, error) {
	var spec bpeSpec
	if err := unmarshal(vocab, &spec.Vocab); err != nil {
		return nil, fmt.Errorf("tokenizer: vocab.json: %w", err)
	}
	if err := placeholder.Markup(merges); err != nil {
		return nil, fmt.Errorf("tokenizer: merges.txt %w", err)
	}
	if !utf8.Valid(merges) {
		return nil, fmt.Errorf("tokenizer: merges.txt is not UTF-8")
	}
	// The first line is a comment, and each line ends in a newline.
	lines := strings.Split(string(merges), "\n")
	for i, line := range lines[:len(lines)-1] {
		if i == 0 {
			continue
		}
		f := strings.Fields(line)
		if len(f) != 2 {
			return nil, fmt.Errorf("tokenizer: line %d of merges.txt is not two tokens with a space between", i+1)
		}
		spec.Merges = append(spec.Merges, mergeSpec{f[0], f[1]})
	}
	t := &Tokenizer{decoder: []decoder{byteLevelDecoder{}}}
	parts := s.class.parts
	if parts == nil {
		parts = byteLevelParts(nil)
	}
	t.normalizer, t.splitters = parts(&s, s.space())
	var err error
	if t.model, err = newBPE(&spec, true); err != nil {
		return nil, err
	}
	if t.added, err = newAddedTokens(s.tokens(nil), t.model, t.normalizer); err != nil {
		return nil, err
	}
	if s.AddBOS != nil && *s.AddBOS {
		if t.post.before, err = t.special("BOS", s.BOS); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// largestFile is the most bytes that a file may have. The largest real ones have
// a tenth of it; without a bound, a wrong file could ask for all memory.
const largestFile = 256 << 20

// readBounded reads a file that is not larger than that.
func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > largestFile {
		return nil, fmt.Errorf("%s is larger than %d MiB, which no file of a tokenizer is", path, largestFile>>20)
	}
	return io.ReadAll(io.LimitReader(f, largestFile))
}

// unmarshal reads JSON, and says on which line it goes wrong.
func unmarshal(data []byte, v any) error {
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // which Windows puts there
	if err := placeholder.Markup(data); err != nil {
		return fmt.Errorf("the file %w", err)
	}
	if !utf8.Valid(data) {
		return errors.New("the file is not UTF-8")
	}
	err := json.Unmarshal(data, v)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("line %d: %w", 1+bytes.Count(data[:syntax.Offset], []byte("\n")), err)
	}
	return err
}
