package checkpoint

import (
	"errors"
	"fmt"
	"strings"

	"sparsellm/internal/llamacpp"
)

// Vocabulary returns what the GGUF file says of itself and of its tokenizer:
// the metadata under general. and tokenizer., with texts, flags and numbers as
// they are, lists of texts as []string and other lists as []float64. It is nil
// for a folder.
func (c *Checkpoint) Vocabulary() (map[string]any, error) {
	if !c.isGGUF {
		return nil, nil
	}
	return c.shards[0].file.vocabulary()
}

// ReadVocabulary is Vocabulary of the GGUF file at path, whatever its model is;
// it may have none.
func ReadVocabulary(path string) (map[string]any, error) {
	x, err := openFile(path)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: opening the GGUF: %w", err)
	}
	v, err := x.vocabulary()
	return v, errors.Join(err, x.Close())
}

func (x *file) vocabulary() (meta map[string]any, err error) {
	err = x.header(func(head []byte) (err error) {
		meta, err = parseVocabulary(head, x.size)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %s %w", x.path, err)
	}
	return meta, nil
}

func parseVocabulary(head []byte, size int64) (map[string]any, error) {
	r, _, pairs, err := startGGUF(head, size)
	if err != nil {
		return nil, err
	}
	meta := map[string]any{}
	for i := uint64(0); i < pairs && r.err == nil; i++ {
		key, kind := r.text(), r.number(4)
		switch {
		case !strings.HasPrefix(key, "tokenizer.") && !strings.HasPrefix(key, "general."):
			r.value(kind)
		case kind == ggufList:
			meta[key] = r.elements()
		default:
			meta[key] = r.value(kind)
		}
	}
	return meta, r.err
}

// elements reads an array of texts or of numbers.
func (r *ggufReader) elements() any {
	ahead := *r
	kind, n := ahead.number(4), ahead.number(8)
	r.list() // which checks it
	if r.err != nil {
		return nil
	}
	if kind == ggufString {
		texts := make([]string, n) // of eight bytes each at least
		for i := range texts {
			texts[i] = ahead.text()
		}
		return texts
	}
	numbers := make([]float64, n)
	for i := range numbers {
		numbers[i], _ = llamacpp.Number(ahead.value(kind))
	}
	return numbers
}
