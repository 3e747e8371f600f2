package checkpoint

import (
	"fmt"
	"slices"
	"sync"

	"sparsellm/linalg"
)

// Overlay is a Checkpoint with changed tensors laid over it in memory. It is a
// model.Source and a Sink, and gives what would be read from a Writer's output
// without writing one. Its methods may be called from several goroutines.
type Overlay struct {
	src   *Checkpoint
	dtype DType
	mu    sync.RWMutex
	over  map[*tensor][]byte // encoded in dtype
}

// NewOverlay returns an overlay of nothing yet over src. dtype is as in
// Options: 0 keeps each tensor's own.
func NewOverlay(src *Checkpoint, dtype DType) (*Overlay, error) {
	if dtype != 0 && !dtype.numeric() {
		return nil, fmt.Errorf("checkpoint: cannot hold weights as %v", dtype)
	}
	return &Overlay{src: src, dtype: dtype, over: map[*tensor][]byte{}}, nil
}

func (o *Overlay) stored(t *tensor) DType {
	if o.dtype != 0 && t.dtype.numeric() {
		return o.dtype
	}
	return t.dtype
}

// WriteFloat32 lays values over a tensor as Writer.WriteFloat32 would write
// them.
func (o *Overlay) WriteFloat32(name string, data []float32) error { return lay(o, name, data) }

// WriteFloat64 is WriteFloat32 for float64.
func (o *Overlay) WriteFloat64(name string, data []float64) error { return lay(o, name, data) }

func lay[T linalg.Float](o *Overlay, name string, data []T) error {
	t, ok := o.src.find(name)
	if !ok {
		return fmt.Errorf("%w: %s", ErrNoTensor, name)
	}
	if err := t.fits(len(data)); err != nil {
		return err
	}
	d := o.stored(t)
	b := make([]byte, int64(len(data))*d.Size())
	if i := encode(d, b, data); i >= 0 {
		return beyond(t, d, i, data[i])
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.over[t] = b
	return nil
}

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
	t, ok := o.src.find(name)
	if !ok {
		return fmt.Errorf("%w: %s", ErrNoTensor, name)
	}
	d := o.stored(t)
	o.mu.RLock()
	b, laid := o.over[t]
	o.mu.RUnlock()
	if laid {
		t = &tensor{name: t.name, shape: t.shape, dtype: d, file: inMemory("", b), size: int64(len(b))}
	}
	if err := readRows(t, rows, dst); err != nil {
		return err
	}
	if t.dtype != d {
		Round(d, dst)
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

func readOver[T linalg.Float](o *Overlay, name string, dst []T) error {
	t, ok := o.src.find(name)
	if !ok {
		return fmt.Errorf("%w: %s", ErrNoTensor, name)
	}
	d := o.stored(t)
	o.mu.RLock()
	b, laid := o.over[t]
	o.mu.RUnlock()
	if !laid {
		return readAs(t, d, dst)
	}
	if err := t.fits(len(dst)); err != nil {
		return err
	}
	decode(d, dst, b)
	return nil
}

// readAs reads the input's values, rounded to dtype d.
func readAs[T linalg.Float](t *tensor, d DType, dst []T) error {
	if err := read(t, dst); err != nil {
		return err
	}
	if t.dtype != d {
		Round(d, dst)
	}
	return nil
}

func beyond[T linalg.Float](t *tensor, d DType, i int, v T) error {
	return fmt.Errorf("checkpoint: tensor %s: element %d is %v, beyond the range of %v", t.name, i, v, d)
}
