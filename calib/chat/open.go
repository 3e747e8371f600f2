package chat

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"sparsellm/internal/jinja"
	"sparsellm/internal/placeholder"
	"sparsellm/internal/pyjson"
)

// Template is how a model has its chats written.
type Template struct {
	source string
	plain  *jinja.Template // for a chat
	tools  *jinja.Template // for one with tools
	tokens map[string]string
}

// ErrNone is that of a folder without a template: its model knows no chats.
var ErrNone = errors.New("chat: the model has no chat template")

// mostFile is the most bytes of a file that is read.
const mostFile = 64 << 20

// config is what tokenizer_config.json says that matters here.
type config struct {
	Template json.RawMessage `json:"chat_template"`
}

// source is where a tokenizer's files are.
type source struct {
	name string
	// read returns a file's bytes, nil if there is none.
	read func(name string) ([]byte, error)
}

func sourceAt(dir string) source {
	return source{dir, func(name string) ([]byte, error) { return read(filepath.Join(dir, filepath.FromSlash(name))) }}
}

func sourceOf(name string, files map[string][]byte) source {
	return source{name, func(name string) ([]byte, error) { return files[name], nil }}
}

// path is what a file is called in an error.
func (s source) path(name string) string { return filepath.Join(s.name, filepath.FromSlash(name)) }

// Open reads the template of a checkpoint folder. The error is ErrNone if it has
// none.
func Open(dir string) (*Template, error) { return open(sourceAt(dir)) }

// OpenFiles is Open of a folder that has these files; name is what errors call
// it.
func OpenFiles(name string, files map[string][]byte) (*Template, error) {
	return open(sourceOf(name, files))
}

func open(in source) (*Template, error) {
	settings, err := in.read("tokenizer_config.json")
	if err != nil {
		return nil, err
	}
	named, err := templates(in, settings)
	if err != nil {
		return nil, err
	}
	source, ok := named["default"]
	tools, hasTools := named["tool_use"]
	if !ok && !hasTools {
		return nil, ErrNone
	}
	t := &Template{source: source}
	if ok {
		if t.plain, err = jinja.Parse(source); err != nil {
			return nil, fmt.Errorf("chat: the chat template of %s cannot be read: %w", in.name, err)
		}
	}
	t.tools = t.plain
	if hasTools {
		if t.tools, err = jinja.Parse(tools); err != nil {
			return nil, fmt.Errorf("chat: the chat template tool_use of %s cannot be read: %w", in.name, err)
		}
		t.source += tools
	}
	t.tokens, err = specialTokens(in, settings)
	return t, err
}

// Source returns the text of the template that a checkpoint folder has for a
// chat, "" if it has none.
func Source(dir string) (string, error) {
	in := sourceAt(dir)
	settings, err := in.read("tokenizer_config.json")
	if err != nil {
		return "", err
	}
	named, err := templates(in, settings)
	return named["default"], err
}

// Hash returns the SHA-256 of the template, in hexadecimal.
func (t *Template) Hash() string {
	sum := sha256.Sum256([]byte(t.source))
	return hex.EncodeToString(sum[:])
}

// The tokens that a tokenizer names.
const (
	BeginOfText = "bos_token" // stands before a text
	EndOfText   = "eos_token" // ends one
)

// Token returns the text of a token that a checkpoint folder's tokenizer names so,
// "" if it names none.
func Token(dir, name string) (string, error) { return token(sourceAt(dir), name) }

// TokenFiles is Token of a folder that has these files; folder is what errors
// call it.
func TokenFiles(folder string, files map[string][]byte, name string) (string, error) {
	return token(sourceOf(folder, files), name)
}

func token(in source, name string) (string, error) {
	settings, err := in.read("tokenizer_config.json")
	if err != nil {
		return "", err
	}
	tokens, err := specialTokens(in, settings)
	return tokens[name], err
}

// read returns a file's bytes, nil if there is none.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("chat: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, mostFile+1))
	if err == nil && len(data) > mostFile {
		err = fmt.Errorf("%s has more than %d MiB", path, mostFile>>20)
	}
	if err != nil {
		return nil, fmt.Errorf("chat: %w", err)
	}
	if err := placeholder.Markup(data); err != nil {
		return nil, fmt.Errorf("chat: %s %w", path, err)
	}
	return data, nil
}

// object reads a JSON object into v, unless there is none.
func object(path string, data []byte, v any) error {
	if data == nil {
		return nil
	}
	text, err := pyjson.Standard(data)
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		return fmt.Errorf("chat: %s: %w", path, err)
	}
	return nil
}

// templates returns the templates of a folder by name, as transformers 5 finds
// them: files come before what tokenizer_config.json has.
func templates(in source, settings []byte) (map[string]string, error) {
	named := map[string]string{}
	alone, err := in.read("chat_template.jinja")
	if err != nil {
		return nil, err
	}
	if alone != nil {
		named["default"] = string(alone)
	}
	tools, err := in.read("additional_chat_templates/tool_use.jinja")
	if err != nil {
		return nil, err
	}
	if tools != nil {
		named["tool_use"] = string(tools)
	}
	if len(named) > 0 {
		return named, nil
	}
	var c config
	if err := object(in.path("tokenizer_config.json"), settings, &c); err != nil {
		return nil, err
	}
	if c.Template == nil || bytes.Equal(c.Template, []byte("null")) {
		return named, nil
	}
	var one string
	if json.Unmarshal(c.Template, &one) == nil {
		named["default"] = one
		return named, nil
	}
	var list []struct{ Name, Template string }
	if json.Unmarshal(c.Template, &list) != nil {
		return nil, fmt.Errorf("chat: the chat_template of %s is neither a text nor a list of named ones", in.path("tokenizer_config.json"))
	}
	for _, t := range list {
		named[t.Name] = t.Template
	}
	return named, nil
}

// roles are those of the tokens that templates know by name.
var roles = []string{"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"}

// specialTokens returns the texts of a tokenizer's tokens by their roles: of
// tokenizer_config.json, else of special_tokens_map.json.
func specialTokens(in source, settings []byte) (map[string]string, error) {
	tokens := map[string]string{}
	said := map[string]bool{}
	const map4 = "special_tokens_map.json"
	older, err := in.read(map4)
	if err != nil {
		return nil, err
	}
	for _, f := range []struct {
		path string
		data []byte
	}{{in.path("tokenizer_config.json"), settings}, {in.path(map4), older}} {
		var of map[string]json.RawMessage
		if err := object(f.path, f.data, &of); err != nil {
			return nil, err
		}
		for _, role := range roles {
			value, ok := of[role]
			if !ok || said[role] {
				continue
			}
			said[role] = true
			var text *string
			if json.Unmarshal(value, &text) != nil {
				var token struct{ Content *string }
				if json.Unmarshal(value, &token) != nil || token.Content == nil {
					return nil, fmt.Errorf("chat: %s: %s is no token", f.path, role)
				}
				text = token.Content
			}
			if text != nil {
				tokens[role] = *text
			}
		}
	}
	return tokens, nil
}
