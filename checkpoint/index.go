package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
)

// shardIndex is a model.safetensors.index.json or a
// pytorch_model.bin.index.json.
type shardIndex struct {
	files    []string          // that weight_map names, sorted
	of       map[string]string // tensor → file
	metadata json.RawMessage   // an object, or nil
}

func readIndex(text []byte) (*shardIndex, error) {
	x := &shardIndex{of: map[string]string{}}
	err := object(text, func(d *json.Decoder, key string) error {
		switch key {
		case "metadata":
			return rawAt(d, &x.metadata)
		case "weight_map":
			return objectAt(d, x.entry)
		}
		return rawAt(d, new(json.RawMessage))
	})
	if err != nil {
		return nil, err
	}
	if len(x.of) == 0 {
		return nil, errors.New("has no weight_map that names a file")
	}
	for _, name := range x.of {
		x.files = append(x.files, name)
	}
	slices.Sort(x.files)
	x.files = slices.Compact(x.files)
	return x, nil
}

// entry reads the file of one tensor. A shard lies in the folder itself: what
// names another place, by whatever means, is an attack.
func (x *shardIndex) entry(d *json.Decoder, tensor string) error {
	name, err := stringAt(d)
	if err != nil {
		return err
	}
	if name != filepath.Base(name) || !filepath.IsLocal(name) || name == "." {
		return fmt.Errorf("puts tensor %q into %q, which is not a file name in this folder", tensor, name)
	}
	x.of[tensor] = name
	return nil
}
