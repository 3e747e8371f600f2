package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"sparsellm/internal/pyjson"
)

// withDType returns a config.json that names d as the weights' dtype (key
// "torch_dtype", of later versions of transformers "dtype") and is the same
// text otherwise. What transformers reads is read: NaN, a key that comes
// twice; a dtype that comes twice is an error.
func withDType(config []byte, d DType) ([]byte, error) {
	name := []byte(`"` + dtypes[d].torch + `"`)
	type value struct{ from, to int64 }
	found := map[string]value{}
	text, err := pyjson.Standard(config)
	if err == nil {
		err = fields(text, func(key string, from, to int64) error {
			if key != "torch_dtype" && key != "dtype" {
				return nil
			}
			if _, twice := found[key]; twice {
				return fmt.Errorf("has the key %q twice", key)
			}
			found[key] = value{from, to}
			return nil
		})
	}
	if err != nil {
		return nil, fmt.Errorf("checkpoint: config.json %w", err)
	}
	out := slices.Clone(config)
	if len(found) == 0 {
		open := bytes.IndexByte(out, '{') + 1
		entry := slices.Concat([]byte("\n  \"torch_dtype\": "), name)
		if rest := bytes.TrimSpace(out[open:]); rest[0] != '}' {
			entry = append(entry, ',')
		}
		return slices.Insert(out, open, entry...), nil
	}
	spans := slices.SortedFunc(maps.Values(found), func(a, b value) int { return int(b.from - a.from) })
	for _, s := range spans {
		out = slices.Replace(out, int(s.from), int(s.to), name...)
	}
	return out, nil
}

// fields walks a JSON text that is one object and calls field with each key
// and where its value lies.
func fields(text []byte, field func(key string, from, to int64) error) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if err := delim(d, '{'); err != nil {
		return err
	}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return syntax(err)
		}
		key, ok := t.(string)
		if !ok {
			return fmt.Errorf("has %v for a key", t)
		}
		var v json.RawMessage
		if err := rawAt(d, &v); err != nil {
			return err
		}
		end := d.InputOffset()
		if err := field(key, end-int64(len(v)), end); err != nil {
			return err
		}
	}
	if err := delim(d, '}'); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("has something after its end")
	}
	return nil
}
