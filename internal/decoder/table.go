package decoder

import (
	"sync"

	"sparsellm/linalg"
	"sparsellm/model"
)

// Table is a vocab × width matrix of embeddings, or a head, loaded when it is
// first needed. Its methods may be called from several goroutines.
type Table[T linalg.Float] struct {
	src         model.Source
	name        string
	vocab, cols int

	mu sync.Mutex
	w  linalg.Matrix[T]
}

// NewTable returns the table in tensor name, which it does not read yet.
func NewTable[T linalg.Float](src model.Source, name string, vocab, width int) *Table[T] {
	return &Table[T]{src: src, name: name, vocab: vocab, cols: width}
}

// Check looks for the tensor and its shape.
func (e *Table[T]) Check(l *Loader[T]) { l.Matrix(e.name, e.vocab, e.cols) }

// Rows copies the row of each id, which must be one, to a row of dst.
func (e *Table[T]) Rows(ids []int, dst linalg.Matrix[T]) error {
	w, err := e.load()
	if err != nil {
		return err
	}
	for t, id := range ids {
		copy(dst.Row(t), w.Row(id))
	}
	return nil
}

// Product computes dst ← x·Eᵀ, tokens × vocab, for x, tokens × width.
func (e *Table[T]) Product(pool *linalg.Pool, dst, x linalg.Matrix[T]) error {
	w, err := e.load()
	if err != nil {
		return err
	}
	linalg.Gemm(pool, linalg.NoTrans, linalg.Trans, 1, x, w, 0, dst)
	return nil
}

func (e *Table[T]) load() (linalg.Matrix[T], error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.w.Rows == 0 {
		l := NewLoader[T](e.src)
		w := l.Matrix(e.name, e.vocab, e.cols)
		if l.Err() != nil {
			return w, l.Err()
		}
		e.w = w
	}
	return e.w, nil
}
