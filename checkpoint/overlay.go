package checkpoint

import (
	"fmt"
	"io"
	"slices"
	"sync"

	"sparsellm/linalg"
	"sparsellm/packed"
)

// Overlay is a Checkpoint with changed tensors laid over it in memory. It is a
// model.Source of what would be read from a Writer's output, without writing one;
// SinkOf writes to it. Its methods may be called from several goroutines.
type Overlay struct {
	src   *Checkpoint
	dtype DType
	mu    sync.RWMutex
	over  map[*tensor]memory // encoded in dtype
}

// NewOverlay returns an overlay of nothing yet over src. dtype is as in
// Options: 0 keeps each tensor's own.
func NewOverlay(src *Checkpoint, dtype DType) (*Overlay, error) {
	if dtype != 0 && !dtype.Numeric() {
		return nil, fmt.Errorf("checkpoint: cannot hold weights as %v", dtype)
	}
	return &Overlay{src: src, dtype: dtype, over: map[*tensor]memory{}}, nil
}

// AsNumbers returns c as a source of numbers alone, which those of a packed model
// are read as.
func AsNumbers(c *Checkpoint) *Overlay { return &Overlay{src: c} }

func (o *Overlay) tensorOf(name string) (*tensor, DType, error) {
	t, ok := o.src.find(name)
	if !ok {
		return nil, 0, fmt.Errorf("%w: %s", ErrNoTensor, name)
	}
	return t, t.dtype.StoredAs(o.dtype), nil
}

func (o *Overlay) packedAs(*tensor) (packed.Values, bool) { return 0, false }

func (o *Overlay) change(t *tensor, whole bool, write func(f io.WriterAt, off int64) error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	d := t.dtype.StoredAs(o.dtype)
	b := o.over[t]
	if b == nil {
		b = make(memory, int64(t.elements())*d.Size())
		if !whole {
			if err := carry(b, 0, t, d); err != nil {
				return err
			}
		}
	}
	if err := write(b, 0); err != nil {
		return err
	}
	o.over[t] = b
	return nil
}

// memory is a file in memory, of a size that stays.
type memory []byte

// WriteAt implements io.WriterAt.
func (m memory) WriteAt(b []byte, off int64) (int, error) { return copy(m[off:], b), nil }

// Shape is the Checkpoint's Shape.
func (o *Overlay) Shape(name string) ([]int, bool) { return o.src.Shape(name) }

// ReadFloat32 reads a tensor as Checkpoint.ReadFloat32 does: as laid over, if
// it was, else as the input has it, rounded to the overlay's dtype.
func (o *Overlay) ReadFloat32(name string, dst []float32) error { return readOver(o, name, dst) }

// ReadFloat64 is ReadFloat32 for float64.
func (o *Overlay) ReadFloat64(name string, dst []float64) error { return readOver(o, name, dst) }

// ReadRowsFloat32 reads some rows as Checkpoint.ReadRowsFloat32 does.
func (o *Overlay) ReadRowsFloat32(name string, rows []int, dst []float32) error {
	return readRowsOver(o, name, rows, dst)
}

// ReadRowsFloat64 is ReadRowsFloat32 for float64.
func (o *Overlay) ReadRowsFloat64(name string, rows []int, dst []float64) error {
	return readRowsOver(o, name, rows, dst)
}

func readRowsOver[T linalg.Float](o *Overlay, name string, rows []int, dst []T) error {
	return readLaid(o, name, dst, func(t *tensor) error { return readRows(t, rows, dst) })
}

func readOver[T linalg.Float](o *Overlay, name string, dst []T) error {
	return readLaid(o, name, dst, func(t *tensor) error { return read(t, dst) })
}

// readLaid has read read dst of a tensor: as laid over, or as the input has it,
// which is rounded then.
func readLaid[T linalg.Float](o *Overlay, name string, dst []T, read func(*tensor) error) error {
	t, d, err := o.tensorOf(name)
	if err != nil {
		return err
	}
	o.mu.RLock()
	defer o.mu.RUnlock()
	if b, laid := o.over[t]; laid {
		t = &tensor{name: t.name, shape: t.shape, dtype: d, file: inMemory("", b), size: int64(len(b))}
	}
	if err := read(t); err != nil {
		return err
	}
	if t.dtype != d {
		round(d, dst)
	}
	return nil
}

// Equal is the Checkpoint's Equal, of the tensors as they would be read.
func (o *Overlay) Equal(a, b string) (bool, error) {
	o.mu.RLock()
	changed := false
	for _, name := range []string{a, b} {
		if t, ok := o.src.find(name); ok {
			_, laid := o.over[t]
			changed = changed || laid
		}
	}
	o.mu.RUnlock()
	if !changed {
		return o.src.Equal(a, b)
	}
	shape, _ := o.Shape(a)
	other, _ := o.Shape(b)
	if !slices.Equal(shape, other) {
		return false, nil
	}
	n := 1
	for _, d := range shape {
		n *= d
	}
	x, y := make([]float64, n), make([]float64, n)
	if err := o.ReadFloat64(a, x); err != nil {
		return false, err
	}
	if err := o.ReadFloat64(b, y); err != nil {
		return false, err
	}
	return slices.Equal(x, y), nil
}
