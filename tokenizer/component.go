package tokenizer

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// notImplemented names a component that is refused.
func notImplemented(kind, name string) error {
	return fmt.Errorf("tokenizer: %s %s is not implemented", kind, name)
}

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

// readSequence reads a Sequence into v, whose parts are in *parts then; a part
// that is a Sequence itself is refused, which no known file has.
func readSequence(kind string, raw json.RawMessage, v any, parts *[]json.RawMessage) error {
	if err := readComponent(kind, "Sequence", raw, v); err != nil {
		return err
	}
	for _, p := range *parts {
		if typ, err := componentType(kind, p); err != nil {
			return err
		} else if typ == "Sequence" {
			return notImplemented(kind, "Sequence in a Sequence")
		}
	}
	return nil
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
