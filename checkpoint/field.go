package checkpoint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"sparsellm/internal/pyjson"
)

// withField returns a config.json in which a key at the top has the given JSON
// text for a value, and that is the same text otherwise. It reads what withDType
// does.
func withField(config []byte, key, value string) ([]byte, error) {
	type span struct{ from, to int64 }
	var found []span
	text, err := pyjson.Standard(config)
	if err == nil {
		err = fields(text, func(k string, from, to int64) error {
			if k == key {
				found = append(found, span{from, to}) // of keys that come twice Python takes the last
			}
			return nil
		})
	}
	if err != nil {
		return nil, fmt.Errorf("checkpoint: config.json %w", err)
	}
	out := slices.Clone(config)
	for _, s := range slices.Backward(found) {
		out = slices.Replace(out, int(s.from), int(s.to), []byte(value)...)
	}
	if len(found) > 0 {
		return out, nil
	}
	open := bytes.IndexByte(out, '{') + 1
	entry := fmt.Appendf(nil, "\n  %q: %s", key, value)
	if rest := bytes.TrimSpace(out[open:]); rest[0] != '}' {
		entry = append(entry, ',')
	}
	return slices.Insert(out, open, entry...), nil
}

// readJSON reads what matters of a text of a config as Python reads it. What is
// wrong with it is said by who needs all of it.
func readJSON(text []byte, v any) error {
	text, err := pyjson.Standard(text)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}
