package tokenizer

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// GGUF is what a GGUF file says of its tokenizer: the values of its
// keys tokenizer.ggml.*, and a few of general.*. What a file lacks is nil or
// empty.
type GGUF struct {
	Architecture string    // general.architecture
	Name         string    // general.name
	Model        string    // model: gpt2 is byte-level BPE, llama SentencePiece's BPE
	Pre          string    // pre: the name of what cuts texts into words, of gpt2
	Tokens       []string  // tokens, by id
	Scores       []float32 // scores of the tokens, of llama
	Types        []int32   // token_type of the tokens: SentencePiece's kinds of pieces
	Merges       []string  // merges, of gpt2: two tokens with a space between

	BOS, EOS, Unknown, Pad *int // bos_token_id, eos_token_id, unknown_token_id, padding_token_id

	AddBOS, AddEOS *bool // add_bos_token, add_eos_token: whether they are put around a text
	AddSpacePrefix *bool // add_space_prefix, of llama

	// Templates are those of chats by name, of tokenizer.chat_template the one
	// named default.
	Templates map[string]string
}

// ggufFields reads a tokenizer from a GGUF file's metadata, in which lists are
// []string or []float64.
func ggufFields(meta map[string]any) (*GGUF, error) {
	g := &GGUF{Templates: map[string]string{}}
	var wrong error
	read(meta, "general.architecture", &g.Architecture, &wrong)
	read(meta, "general.name", &g.Name, &wrong)
	const at = "tokenizer.ggml."
	read(meta, at+"model", &g.Model, &wrong)
	read(meta, at+"pre", &g.Pre, &wrong)
	read(meta, at+"tokens", &g.Tokens, &wrong)
	read(meta, at+"merges", &g.Merges, &wrong)
	var scores, types []float64
	read(meta, at+"scores", &scores, &wrong)
	read(meta, at+"token_type", &types, &wrong)
	for _, x := range scores {
		g.Scores = append(g.Scores, float32(x))
	}
	for _, x := range types {
		g.Types = append(g.Types, int32(max(0, min(x, 255))))
	}
	for key, id := range map[string]**int{"bos": &g.BOS, "eos": &g.EOS, "unknown": &g.Unknown, "padding": &g.Pad} {
		*id = tokenID(meta, at+key+"_token_id", &wrong)
	}
	for key, flag := range map[string]**bool{"add_bos_token": &g.AddBOS, "add_eos_token": &g.AddEOS, "add_space_prefix": &g.AddSpacePrefix} {
		if _, ok := meta[at+key]; ok {
			*flag = new(bool)
			read(meta, at+key, *flag, &wrong)
		}
	}
	const template = "tokenizer.chat_template"
	for key := range meta {
		name, ok := strings.CutPrefix(key, template+".")
		if key == template {
			name, ok = "default", true
		}
		var text string
		if ok {
			read(meta, key, &text, &wrong)
			g.Templates[name] = text
		}
	}
	return g, wrong
}

// read sets v to the value of a key, if there is one.
func read[T any](meta map[string]any, key string, v *T, wrong *error) {
	value, ok := meta[key]
	if !ok {
		return
	}
	if *v, ok = value.(T); !ok {
		*wrong = fmt.Errorf("tokenizer: the GGUF's metadata %q is of the wrong type", key)
	}
}

// tokenID returns the id that a key names, nil if none.
func tokenID(meta map[string]any, key string, wrong *error) *int {
	var id int
	switch v := meta[key].(type) {
	case nil:
		return nil
	case uint64:
		id = int(min(v, math.MaxInt32))
	case int64:
		id = int(max(-1, min(v, math.MaxInt32)))
	default:
		*wrong = fmt.Errorf("tokenizer: the GGUF's metadata %q is no integer", key)
	}
	return &id
}

// check says whether the lists go together.
func (g *GGUF) check() error {
	if g.Model == "" || g.Model == "none" || g.Model == "no_vocab" {
		return errors.New("tokenizer: the GGUF file holds no tokenizer")
	}
	if len(g.Types) > 0 && len(g.Types) != len(g.Tokens) || len(g.Scores) > 0 && len(g.Scores) != len(g.Tokens) {
		return fmt.Errorf("tokenizer: the GGUF has %d tokens, %d scores and %d types of tokens", len(g.Tokens), len(g.Scores), len(g.Types))
	}
	return nil
}

// token returns the text of a token that is wanted in a role, "" where the file
// names none that it has.
func (g *GGUF) token(id *int) string {
	if id == nil || *id < 0 || *id >= len(g.Tokens) {
		return ""
	}
	return g.Tokens[*id]
}

// kind returns what a token is for. One that is no token but fills up the rows of
// a matrix is an unused piece; older files have it as an unknown one.
func (g *GGUF) kind(id int) pieceKind {
	if id >= len(g.Types) {
		return normalPiece
	}
	k := pieceKind(g.Types[id])
	if k == unknownPiece && g.Tokens[id] == fmt.Sprintf("[PAD%d]", id) {
		return unusedPiece
	}
	return k
}

// added returns the control tokens, the unknown one and the user's.
func (g *GGUF) added() (all []ggufAdded) {
	name := strings.ToLower(g.Name)
	phi3 := strings.Contains(name, "phi-3") || strings.Contains(name, "phi3") // of which files lack this, as llama.cpp knows
	for id, token := range g.Tokens {
		k := g.kind(id)
		if k != controlPiece && k != unknownPiece && k != userPiece || token == "" || g.spaces(token) {
			continue
		}
		right := phi3 && !slices.Contains([]string{"<unk>", "<s>", "<|endoftext|>"}, token)
		all = append(all, ggufAdded{id, addedToken{Content: token, RStrip: right, Special: k != userPiece}})
	}
	return all
}

// spaces says whether a token is one of Gemma's runs of ▁, which llama.cpp's
// conversion makes spaces of.
func (g *GGUF) spaces(token string) bool {
	return g.gemma() && strings.Trim(token, " ") == ""
}

func (g *GGUF) gemma() bool { return strings.HasPrefix(g.Architecture, "gemma") }

type ggufAdded struct {
	ID int `json:"id"`
	addedToken
}
