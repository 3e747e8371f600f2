package decoder

import (
	"fmt"
	"sync"
	"weak"

	"sparsellm/linalg"
	"sparsellm/model"
)

// Table is a matrix of embeddings, or a head, loaded when it is needed. A table
// can be the largest of a model's matrices, and is idle while the blocks run:
// it is held weakly, so that the garbage collector may drop it between two
// uses. Single rows are read by themselves where the source can. Its methods may
// be called from several goroutines.
type Table[T linalg.Float] struct {
	src        model.Source
	name       string
	rows, cols int

	mu sync.Mutex
	w  weak.Pointer[loaded[T]]
	// kept is the table once it is to stay.
	kept *loaded[T]
}

// loaded is a table in memory.
type loaded[T linalg.Float] struct{ model.RowWeight[T] }

// NewTable returns the rows × cols table in tensor name, which it does not
// read yet.
func NewTable[T linalg.Float](src model.Source, name string, rows, cols int) *Table[T] {
	return &Table[T]{src: src, name: name, rows: rows, cols: cols}
}

// Check looks for the tensor and its shape.
func (e *Table[T]) Check(l *Loader[T]) { l.Matrix(e.name, e.rows, e.cols) }

// Rows copies the row of each id, which must be one, to a row of dst.
func (e *Table[T]) Rows(ids []int, dst linalg.Matrix[T]) error {
	if src, ok := e.src.(model.RowSource); ok && e.loaded() == nil && dst.Stride == dst.Cols {
		if dst, ok := any(dst.Data).([]float32); ok {
			return src.ReadRowsFloat32(e.name, ids, dst)
		}
		return src.ReadRowsFloat64(e.name, ids, any(dst.Data).([]float64))
	}
	w, err := e.load()
	if err != nil {
		return err
	}
	for t, id := range ids {
		w.Unpack(id, dst.Row(t))
	}
	return nil
}

// Product computes dst ← x·Eᵀ, tokens × rows, for the table E and x, tokens ×
// cols.
func (e *Table[T]) Product(pool *linalg.Pool, dst, x linalg.Matrix[T]) error {
	w, err := e.load()
	if err != nil {
		return err
	}
	w.Apply(pool, dst, x)
	return nil
}

// Keep loads the table to stay.
func (e *Table[T]) Keep() error {
	w, err := e.load()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.kept = w
	return err
}

// loaded returns the table, or nil where it is not in memory.
func (e *Table[T]) loaded() *loaded[T] {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.w.Value()
}

func (e *Table[T]) load() (*loaded[T], error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if w := e.w.Value(); w != nil {
		return w, nil
	}
	l := NewLoader[T](e.src)
	w := &loaded[T]{}
	var ok bool
	if w.RowWeight, ok = l.weight(model.Whole(e.name), e.rows, e.rows, e.cols).(model.RowWeight[T]); !ok {
		return nil, fmt.Errorf("tensor %s has rows that cannot be read one by one", e.name)
	}
	if l.Err() != nil {
		return nil, l.Err()
	}
	e.w = weak.Make(w)
	return w, nil
}
