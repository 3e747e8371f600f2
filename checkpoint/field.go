package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// withField returns a config.json in which a key at the top has the given JSON
// text for a value, and that is the same text otherwise.
func withField(config []byte, key, value string) ([]byte, error) {
	from, to := int64(-1), int64(-1)
	err := object(config, func(dec *json.Decoder, k string) error {
		var v json.RawMessage
		if err := rawAt(dec, &v); err != nil {
			return err
		}
		if k == key {
			to = dec.InputOffset()
			from = to - int64(len(v))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("checkpoint: config.json %w", err)
	}
	if from >= 0 {
		return slices.Replace(slices.Clone(config), int(from), int(to), []byte(value)...), nil
	}
	open := bytes.IndexByte(config, '{') + 1
	if open == 0 {
		return nil, errors.New("checkpoint: config.json is no object")
	}
	entry := fmt.Appendf(nil, "\n  %q: %s", key, value)
	if rest := bytes.TrimSpace(config[open:]); rest[0] != '}' {
		entry = append(entry, ',')
	}
	return slices.Insert(slices.Clone(config), open, entry...), nil
}
