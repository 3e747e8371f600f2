package calib

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// parseDocument returns the text of a document: the field "text" of a JSON
// object, or a JSON string.
func parseDocument(line []byte) (string, error) {
	if at := notUTF8(line); at >= 0 {
		return "", fmt.Errorf("the line is not UTF-8: at its byte %d, %w", at+1, encodingError(line, at))
	}
	if bytes.TrimLeft(line, " \t")[0] == '"' {
		var text string
		if err := json.Unmarshal(line, &text); err != nil {
			return "", fmt.Errorf("not a JSON string: %w", err)
		}
		return text, nil
	}
	var doc struct {
		Text *string `json:"text"`
	}
	var kind *json.UnmarshalTypeError
	switch err := json.Unmarshal(line, &doc); {
	case errors.As(err, &kind) && kind.Field == "text":
		return "", fmt.Errorf(`the field "text" is %s, not a string`, article(kind.Value))
	case errors.As(err, &kind):
		return "", fmt.Errorf(`it is a JSON %s, not an object with a text or a string%s`, kind.Value, rowsAdvice(kind.Value))
	case err != nil:
		return "", fmt.Errorf("not a JSON object with a text: %w", err)
	}
	if doc.Text == nil {
		if string(bytes.TrimSpace(line)) == "null" {
			return "", errors.New("it is a JSON null, not an object with a text or a string")
		}
		return "", missingText(line)
	}
	return *doc.Text, nil
}

// article puts one before a kind of JSON value.
func article(kind string) string {
	if kind == "array" || kind == "object" {
		return "an " + kind
	}
	return "a " + kind
}

// rowsAdvice is what may be meant by a document of that kind.
func rowsAdvice(kind string) string {
	if kind == "array" {
		return "; rows of token ids are one JSON list of lists, which `jq -sc .` makes of one list a line"
	}
	return ""
}

// missingText says which fields an object without a text has, and how to make
// one that has a text.
func missingText(object []byte) error {
	fields, err := fieldsOf(object)
	if err != nil {
		return fmt.Errorf(`the field "text" is missing: %w`, err)
	}
	var names []string
	advice := ""
	for _, f := range fields {
		if f.name == "text" {
			return errors.New(`the field "text" is null`)
		}
		if len(names) < 10 {
			names = append(names, fmt.Sprintf("%.40q", f.name))
		}
		switch path := jqPath(f.name); {
		case advice != "":
		case f.documents || f.strings && len(fields) == 1:
			advice = fmt.Sprintf(": `jq -c '%s[]'` makes a *.jsonl of the documents in one", path)
		}
	}
	if len(names) == 0 {
		return errors.New(`the field "text" is missing: the object is empty`)
	}
	if len(fields) > len(names) {
		names = append(names, "…")
	}
	if advice == "" {
		return fmt.Errorf(`the field "text" is missing; there are %s: %w`, strings.Join(names, ", "), ErrFields)
	}
	return fmt.Errorf(`the field "text" is missing; there are %s%s`, strings.Join(names, ", "), advice)
}

// field is a field of an object: its name, and whether its value is a list of
// objects with a text, or of strings.
type field struct {
	name               string
	documents, strings bool
}

// fieldsOf returns the fields of an object in order.
func fieldsOf(object []byte) ([]field, error) {
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	var fields []field
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		f := field{name: fmt.Sprint(name)}
		if value[0] == '[' {
			f.documents, f.strings = firstElement(value)
		}
		fields = append(fields, f)
	}
	return fields, nil
}

// firstElement says whether a list begins with an object that has a text, or
// with a string.
func firstElement(list []byte) (document, str bool) {
	d := json.NewDecoder(bytes.NewReader(list))
	if _, err := d.Token(); err != nil || !d.More() {
		return false, false
	}
	var first json.RawMessage
	if err := d.Decode(&first); err != nil {
		return false, false
	}
	var doc struct {
		Text *string `json:"text"`
	}
	return json.Unmarshal(first, &doc) == nil && doc.Text != nil, first[0] == '"'
}

// jqPath is how jq names a field.
func jqPath(name string) string {
	for i, c := range name {
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return fmt.Sprintf(".[%q]", name)
		}
	}
	return "." + name
}
