package checkpoint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"sparsellm/internal/pyjson"
)

// withDType returns a config.json that names d as the weights' dtype (key
// "torch_dtype", of later versions of transformers "dtype") and is the same
// text otherwise. What transformers reads is read: NaN, a key that comes
// twice; a dtype that comes twice is an error.
func withDType(config []byte, d DType) ([]byte, error) {
	seen := map[string]bool{}
	return replaceFields(config, "torch_dtype", `"`+dtypes[d].torch+`"`, func(key string) (bool, error) {
		if key != "torch_dtype" && key != "dtype" {
			return false, nil
		}
		if seen[key] {
			return false, fmt.Errorf("has the key %q twice", key)
		}
		seen[key] = true
		return true, nil
	})
}

// withField returns a config.json in which a key at the top has the given JSON
// text for a value, and that is the same text otherwise. It reads what withDType
// does. Of keys that come twice Python takes the last.
func withField(config []byte, key, value string) ([]byte, error) {
	return replaceFields(config, key, value, func(k string) (bool, error) { return k == key, nil })
}

// replaceFields gives those keys at the top of a config.json the value that are
// to have it; where there are none it adds key.
func replaceFields(config []byte, key, value string, which func(key string) (bool, error)) ([]byte, error) {
	type span struct{ from, to int64 }
	var found []span
	text, err := pyjson.Standard(config)
	if err == nil {
		err = fields(text, func(key string, from, to int64) error {
			replace, err := which(key)
			if replace {
				found = append(found, span{from, to})
			}
			return err
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

// fields walks a JSON text that is one object and calls field with each key
// and where its value lies.
func fields(text []byte, field func(key string, from, to int64) error) error {
	d := json.NewDecoder(bytes.NewReader(text))
	return onlyObject(d, func(d *json.Decoder, key string) error {
		var v json.RawMessage
		if err := rawAt(d, &v); err != nil {
			return err
		}
		end := d.InputOffset()
		return field(key, end-int64(len(v)), end)
	})
}
