package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
)

// readIndex reads a model.safetensors.index.json or
// pytorch_model.bin.index.json: the files that its weight_map names, sorted,
// and its metadata object. Which tensor is in which file the files themselves
// say.
func readIndex(text []byte) (files []string, metadata []byte, err error) {
	seen := map[string]bool{}
	mapped := false
	err = object(text, func(d *json.Decoder, key string) error {
		if key != "weight_map" {
			var v json.RawMessage
			if err := d.Decode(&v); err != nil {
				return syntax(err)
			}
			if key == "metadata" {
				metadata = v
			}
			return nil
		}
		mapped = true
		return objectAt(d, func(d *json.Decoder, key string) error {
			name, err := stringAt(d)
			if err != nil {
				return err
			}
			// A shard lies in the folder itself: what names another place, by
			// whatever means, is an attack.
			if name != filepath.Base(name) || !filepath.IsLocal(name) || name == "." {
				return fmt.Errorf("puts tensor %q into %q, which is not a file name in this folder", key, name)
			}
			if !seen[name] {
				seen[name] = true
				files = append(files, name)
			}
			return nil
		})
	})
	if err != nil {
		return nil, nil, err
	}
	if !mapped || len(files) == 0 {
		return nil, nil, errors.New("has no weight_map that names a file")
	}
	slices.Sort(files)
	return files, metadata, nil
}
