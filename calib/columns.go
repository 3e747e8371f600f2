package calib

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Chat writes chats as a model has them.
type Chat interface {
	// Render returns the text of a chat, and whether today's date was asked for:
	// messages is a JSON list of them, tools, which may be nil, one of what they
	// may call.
	Render(messages, tools []byte) (text string, dated bool, err error)
}

// Reading says how files are read.
type Reading struct {
	DataDir string // folder of the named data sets
	// Fields are those of a row that make its text: names, with dots between
	// those of objects within objects; nil are those that are known by name.
	Fields []string
	Chat   Chat   // nil if the model knows none
	Found  *Found // if not nil, is told what was found
	// Begin, if not nil, is the token that each window of a text begins with. It
	// is one of the window's tokens, and does not stand there twice.
	Begin *int
}

// Found is what was found in a file of documents.
type Found struct {
	Fields []string // that are used, of rows
	Chat   bool     // they were written by Reading.Chat
	Dated  bool     // with today's date asked for
}

// ErrFields is that of rows of which no field is known by name.
var ErrFields = errors.New("none is known to hold a text")

// ErrNoChat is that of chats without a Reading.Chat.
var ErrNoChat = errors.New("it is a chat, and the model has no chat template to write it by")

// columns says which fields of a row are used, and what for. With a reply, it is
// a chat of two turns where the model knows chats.
type columns struct {
	ask   []string // paths; what ends in ? may be missing
	reply string   // path of what is replied to that; "" for none
}

// known are the columns that data sets have, those that a row is searched for
// first before others.
var known = []columns{
	{ask: []string{"text"}},
	{ask: []string{"messages"}}, {ask: []string{"conversations"}}, {ask: []string{"conversation"}},
	{[]string{"instruction", "context"}, "response"}, {[]string{"instruction", "input?"}, "output"}, {[]string{"instruction", "input?"}, "response"},
	{[]string{"prompt"}, "completion"}, {[]string{"prompt"}, "response"}, {[]string{"prompt"}, "chosen"},
	{[]string{"question"}, "answer"}, {[]string{"question"}, "response"},
	{[]string{"query"}, "response"}, {[]string{"query"}, "answer"},
	{[]string{"input"}, "output"},
	{ask: []string{"content"}},
}

// names returns the fields without marks.
func (c columns) names() []string {
	var all []string
	for _, f := range append(slices.Clip(c.ask), c.reply) {
		if f = strings.TrimSuffix(f, "?"); f != "" {
			all = append(all, f)
		}
	}
	return all
}

// columnsOf returns the columns of a row: those that were asked for, else those
// that are known. Where the row is none, or has a "text", that is left to be
// found when it is parsed.
func (r Reading) columnsOf(row []byte) (columns, error) {
	if len(r.Fields) > 0 {
		return columns{ask: r.Fields}, nil
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(row, &object) != nil || object == nil {
		return known[0], nil
	}
	for _, c := range known {
		if c.fit(object) {
			return c, nil
		}
	}
	if _, ok := object["text"]; ok {
		return known[0], nil
	}
	return columns{}, missingText(row)
}

// fit says whether a row has the columns, each of a kind that can be used.
func (c columns) fit(object map[string]json.RawMessage) bool {
	for _, name := range append(slices.Clip(c.ask), c.reply) {
		name, may := strings.CutSuffix(name, "?")
		value, ok := object[name]
		if name == "" || may && (!ok || string(value) == "null") {
			continue
		}
		if !ok || value[0] != '"' && !isChat(value) {
			return false
		}
	}
	return true
}

// isChat says whether a value is a list that begins as one of messages does.
func isChat(value []byte) bool {
	var list []json.RawMessage
	if value[0] != '[' || json.Unmarshal(value, &list) != nil || len(list) == 0 {
		return false
	}
	var message struct{ Role, From *string }
	return json.Unmarshal(list[0], &message) == nil && (message.Role != nil || message.From != nil)
}

// piece is a text to be turned into token ids.
type piece struct {
	text string
	chat bool // it has its special tokens
}

// documentParser parses documents: JSON strings and rows, of which it knows the columns.
type documentParser struct {
	Reading
	columns *columns // nil before the first row
}

// see looks at the first document of a file, and says what was found.
func (p *documentParser) see(document []byte) error {
	if p.columns != nil {
		return nil
	}
	if isString(document) {
		p.columns = &known[0]
		return nil
	}
	c, err := p.columnsOf(document)
	if err != nil {
		return err
	}
	p.columns = &c
	if p.Found != nil {
		p.Found.Fields = c.names()
	}
	return nil
}

// isString says whether a document is a JSON string.
func isString(document []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(document, " \t\r\n"), []byte(`"`))
}

// parse returns the text of a document.
func (p *documentParser) parse(document []byte) (piece, error) {
	if err := p.see(document); err != nil {
		return piece{}, err
	}
	if at := notUTF8(document); at >= 0 {
		return piece{}, fmt.Errorf("the line is not UTF-8: at its byte %d, %w", at+1, encodingError(document, at))
	}
	if isString(document) || len(p.Fields) == 0 && p.columns.ask[0] == "text" {
		text, err := parseDocument(document)
		return piece{text: text}, err
	}
	row, err := parseRow(document)
	if err != nil {
		return piece{}, err
	}
	return p.compose(row)
}

// parseRow returns the fields of an object.
func parseRow(document []byte) (row map[string]json.RawMessage, err error) {
	var kind *json.UnmarshalTypeError
	switch err := json.Unmarshal(document, &row); {
	case errors.As(err, &kind):
		return nil, fmt.Errorf("it is a JSON %s, not an object with fields", kind.Value)
	case err != nil:
		return nil, fmt.Errorf("not a JSON object with fields: %w", err)
	case row == nil:
		return nil, errors.New("it is a JSON null, not an object with fields")
	}
	return row, nil
}

// compose makes the text of a row.
func (p *documentParser) compose(row map[string]json.RawMessage) (piece, error) {
	var texts []string // of ask
	var chat []json.RawMessage
	for _, path := range p.columns.ask {
		path, may := strings.CutSuffix(path, "?")
		may = may && len(p.Fields) == 0
		value, err := lookUp(row, path)
		switch {
		case err != nil && may:
			continue
		case err != nil:
			return piece{}, err
		case isChat(value):
			chat = append(chat, listOf(value)...)
			continue
		}
		text, err := textOf(path, value, may || len(p.columns.ask) > 1)
		if err != nil {
			return piece{}, err
		}
		if text != "" {
			texts = append(texts, text)
		}
	}
	if p.columns.reply != "" {
		value, err := lookUp(row, p.columns.reply)
		if err != nil {
			return piece{}, err
		}
		if isChat(value) {
			chat = append(chat, listOf(value)...)
		} else {
			text, err := textOf(p.columns.reply, value, false)
			if err != nil {
				return piece{}, err
			}
			if p.Chat == nil || len(chat) > 0 {
				texts = append(texts, text)
			} else {
				chat = append(chat, message("user", strings.Join(texts, "\n\n")), message("assistant", text))
				texts = nil
			}
		}
	}
	switch {
	case len(chat) == 0:
		return piece{text: strings.Join(texts, "\n\n")}, nil
	case len(texts) > 0:
		return piece{}, fmt.Errorf("some of %s are messages and some are text", strings.Join(p.columns.names(), ", "))
	case p.Chat == nil:
		return piece{}, ErrNoChat
	}
	messages, err := json.Marshal(chat)
	if err != nil {
		return piece{}, err
	}
	text, dated, err := p.Chat.Render(messages, row["tools"])
	if p.Found != nil {
		p.Found.Chat = true
		p.Found.Dated = p.Found.Dated || dated
	}
	return piece{text, true}, err
}

// listOf are the elements of a list.
func listOf(value []byte) (all []json.RawMessage) {
	_ = json.Unmarshal(value, &all) // isChat has seen that it is one
	return all
}

// message is one of a chat.
func message(role, content string) json.RawMessage {
	b, _ := json.Marshal(map[string]string{"role": role, "content": content}) // of strings, which never fails
	return b
}

// lookUp returns the value of a field, a path with dots if there is none of that
// name.
func lookUp(row map[string]json.RawMessage, path string) (json.RawMessage, error) {
	if value, ok := row[path]; ok {
		return value, nil
	}
	name, rest, dotted := strings.Cut(path, ".")
	var inner map[string]json.RawMessage
	if dotted && json.Unmarshal(row[name], &inner) == nil {
		return lookUp(inner, rest)
	}
	names := make([]string, 0, len(row))
	for n := range row {
		names = append(names, fmt.Sprintf("%.40q", n))
	}
	slices.Sort(names)
	if len(names) > 10 {
		names = append(names[:10], "…")
	}
	return nil, fmt.Errorf("the field %q is missing; there are %s", path, strings.Join(names, ", "))
}

// textOf is the string that a field holds; null is "" where it may be.
func textOf(path string, value json.RawMessage, null bool) (string, error) {
	var text *string
	var kind *json.UnmarshalTypeError
	err := json.Unmarshal(value, &text)
	switch {
	case errors.As(err, &kind):
		return "", fmt.Errorf("the field %q is %s, not a string", path, article(kind.Value))
	case err != nil:
		return "", fmt.Errorf("the field %q: %w", path, err)
	case text != nil:
		return *text, nil
	case null:
		return "", nil
	}
	return "", fmt.Errorf("the field %q is null", path)
}
