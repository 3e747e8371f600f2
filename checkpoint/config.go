package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// withDType returns a config.json that names d as the weights' dtype (key
// "torch_dtype", of later versions of transformers "dtype") and is the same
// text otherwise.
func withDType(config []byte, d DType) ([]byte, error) {
	name := []byte(`"` + dtypes[d].torch + `"`)
	type value struct{ from, to int64 }
	var found []value
	err := object(config, func(dec *json.Decoder, key string) error {
		var v json.RawMessage
		if err := rawAt(dec, &v); err != nil {
			return err
		}
		if key == "torch_dtype" || key == "dtype" {
			end := dec.InputOffset()
			found = append(found, value{end - int64(len(v)), end})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("checkpoint: config.json %w", err)
	}
	out := slices.Clone(config)
	if len(found) == 0 {
		open := bytes.IndexByte(out, '{') + 1
		if open == 0 {
			return nil, errors.New("checkpoint: config.json is no object")
		}
		entry := slices.Concat([]byte("\n  \"torch_dtype\": "), name)
		if rest := bytes.TrimSpace(out[open:]); rest[0] != '}' {
			entry = append(entry, ',')
		}
		return slices.Insert(out, open, entry...), nil
	}
	for _, s := range slices.Backward(found) {
		out = slices.Replace(out, int(s.from), int(s.to), name...)
	}
	return out, nil
}
