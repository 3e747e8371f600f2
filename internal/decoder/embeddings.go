package decoder

import (
	"slices"

	"sparsellm/linalg"
	"sparsellm/model"
)

// Embeddings returns the vocab × width tables of the word embeddings, in tensor
// words, and of the head, in tensor head. If the config ties them (*tied) they
// are one table, as transformers 5 has it: where only one of the two tensors is
// there, that; where both are, they must be equal, or each is its own table and
// *tied becomes false. It reads both to tell.
func Embeddings[T linalg.Float](src model.Source, words, head string, vocab, width int, tied *bool) (w, h *Table[T], err error) {
	w, h = NewTable[T](src, words, vocab, width), NewTable[T](src, head, vocab, width)
	if !*tied {
		return w, h, nil
	}
	_, hasWords := src.Shape(words)
	_, hasHead := src.Shape(head)
	switch {
	case !hasHead: // or none: Check will miss the embeddings
		return w, w, nil
	case !hasWords:
		return h, h, nil
	}
	same, err := equal[T](src, words, head)
	if same || err != nil {
		return w, w, err
	}
	*tied = false
	return w, h, nil
}

// equal says whether two tensors have the same shape and values.
func equal[T linalg.Float](src model.Source, a, b string) (bool, error) {
	if c, ok := src.(model.Comparer); ok {
		return c.Equal(a, b)
	}
	shape, _ := src.Shape(a)
	other, _ := src.Shape(b)
	if !slices.Equal(shape, other) {
		return false, nil
	}
	l := NewLoader[T](src)
	x, y := l.load(a, shape...), l.load(b, shape...)
	return slices.Equal(x, y), l.Err()
}
