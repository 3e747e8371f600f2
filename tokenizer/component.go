package tokenizer

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// unknown is a component that is refused by its name.
type unknown struct{ kind, name string }

func (u unknown) Error() string {
	return fmt.Sprintf("tokenizer: %s %s is not implemented", u.kind, u.name)
}

// notImplemented names a component that is refused.
func notImplemented(kind, name string) error { return unknown{kind, name} }

// componentType returns the "type" of a component of a tokenizer.json, ""
// where the component is absent or null.
func componentType(kind string, raw json.RawMessage) (string, error) {
	if isNull(raw) {
		return "", nil
	}
	var c struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return "", fmt.Errorf("tokenizer: %s: %w", kind, err)
	}
	if c.Type == "" {
		return "", fmt.Errorf("tokenizer: %s has no type", kind)
	}
	return c.Type, nil
}

// eachComponent calls read with a component of a tokenizer.json and its type, of
// a Sequence, whose list has that name, with all of them in order, and of none
// not at all.
func eachComponent(kind, list string, raw json.RawMessage, read func(typ string, raw json.RawMessage) error) error {
	typ, err := componentType(kind, raw)
	if err != nil || typ == "" {
		return err
	}
	if typ != "Sequence" {
		return read(typ, raw)
	}
	var fields map[string][]json.RawMessage
	if err := readComponent(kind, typ, raw, &fields); err != nil {
		return err
	}
	for name, all := range fields {
		if name != list {
			return fmt.Errorf("tokenizer: %s %s: json: unknown field %q", kind, typ, name)
		}
		for _, r := range all {
			if err := eachComponent(kind, list, r, read); err != nil {
				return err
			}
		}
	}
	return nil
}

// deepest is how deep the brackets of a component may be nested. Each level of
// Sequences is read anew, so that without a bound a file could take for ever.
const deepest = 32

// tooDeep says whether raw is nested deeper than that.
func tooDeep(raw json.RawMessage) bool {
	depth, quoted := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > deepest {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// isNull says whether raw is absent or null.
func isNull(raw json.RawMessage) bool {
	raw = bytes.TrimSpace(raw)
	return len(raw) == 0 || string(raw) == "null"
}

// readComponent reads the fields of a component into v, a pointer to a struct
// with a field for each but "type". A field it does not know is an option that
// is not implemented.
func readComponent(kind, typ string, raw json.RawMessage, v any) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return fmt.Errorf("tokenizer: %s %s: %w", kind, typ, err)
	}
	delete(fields, "type")
	rest, err := json.Marshal(fields)
	if err != nil {
		return fmt.Errorf("tokenizer: %s %s: %w", kind, typ, err)
	}
	d := json.NewDecoder(bytes.NewReader(rest))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("tokenizer: %s %s: %w", kind, typ, err)
	}
	return nil
}

// patternSpec is a pattern as components write it: {"String": …} or
// {"Regex": …}.
type patternSpec struct {
	String *string
	Regex  *string
}
