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
// be called from several goroutines. A table that the source has in memory
// stays there.
type Table[T linalg.Float] struct {
	src        model.Source
	name       string
	rows, cols int

	mu    sync.Mutex
	w     weak.Pointer[model.Dense[T]]
	kept  model.Weight[T] // once it is to stay
	asked bool            // the source, for what it has in memory
}

// NewTable returns the rows × cols table in tensor name, which it does not
// read yet.
func NewTable[T linalg.Float](src model.Source, name string, rows, cols int) *Table[T] {
	return &Table[T]{src: src, name: name, rows: rows, cols: cols}
}

// Check looks for the tensor and its shape.
func (e *Table[T]) Check(l *Loader[T]) { l.Matrix(e.name, e.rows, e.cols) }

// Keep loads the table to stay.
func (e *Table[T]) Keep() error {
	w, err := e.load()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.kept = w
	return err
}

// Rows copies the row of each id, which must be one, to a row of dst.
func (e *Table[T]) Rows(ids []int, dst linalg.Matrix[T]) error {
	w, err := e.loaded()
	if err != nil {
		return err
	}
	if src, ok := e.src.(model.RowSource); ok && w == nil && dst.Stride == dst.Cols {
		if dst, ok := any(dst.Data).([]float32); ok {
			return src.ReadRowsFloat32(e.name, ids, dst)
		}
		return src.ReadRowsFloat64(e.name, ids, any(dst.Data).([]float64))
	}
	if w, err = e.load(); err != nil {
		return err
	}
	rows, ok := w.(model.RowWeight[T])
	if !ok {
		return fmt.Errorf("single rows of %s cannot be had of a %T", e.name, w)
	}
	for t, id := range ids {
		rows.Unpack(id, dst.Row(t))
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

// loaded returns the table, or nil where it is not in memory.
func (e *Table[T]) loaded() (model.Weight[T], error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.find()
}

func (e *Table[T]) find() (model.Weight[T], error) {
	if !e.asked {
		l := NewLoader[T](e.src)
		e.kept = l.ready(model.Whole(e.name), e.rows, e.cols)
		if l.Err() != nil {
			return nil, l.Err()
		}
		e.asked = true
	}
	if e.kept != nil {
		return e.kept, nil
	}
	if w := e.w.Value(); w != nil {
		return w, nil
	}
	return nil, nil
}

func (e *Table[T]) load() (model.Weight[T], error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if w, err := e.find(); w != nil || err != nil {
		return w, err
	}
	l := NewLoader[T](e.src)
	w := &model.Dense[T]{Matrix: l.Matrix(e.name, e.rows, e.cols)}
	if l.Err() != nil {
		return nil, l.Err()
	}
	e.w = weak.Make(w)
	return w, nil
}
