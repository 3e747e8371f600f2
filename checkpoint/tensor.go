package checkpoint

import (
	"fmt"
	"math"

	"sparsellm/linalg"
)

// tensor is where a tensor's values are: size bytes at off in file.
type tensor struct {
	name  string
	shape []int
	dtype DType
	file  *file
	off   int64
	size  int64
	// layout is how the file has the elements; nil where its bytes are they,
	// row-major and of dtype.
	layout layout
}

// layout is how a tensor's elements lie in the file, a row at a time: the
// elements of an index into the first dimension, unless the format has no such
// rows (of a quantised vector).
type layout interface {
	// rows is how many there are.
	rows() int
	// place is where the bytes of row r are, from the tensor's first on.
	place(r int) (off, n int64)
	// unpack makes the row's elements, row-major and of the tensor's dtype, of
	// those bytes.
	unpack(r int, dst, raw []byte) error
}

// shard is one input file. header and metadata are those of safetensors.
type shard struct {
	file     *file
	tensors  []*tensor // in file order
	header   []byte
	metadata [][2]string
}

// setShape checks that dims multiply to what an int64 holds, whichever of them
// are 0, and returns the product.
func (t *tensor) setShape(dims []int64) (elements int64, err error) {
	t.shape = make([]int, len(dims))
	elements = 1
	bound := int64(1)
	for i, n := range dims {
		if n < 0 || n > math.MaxInt || n > 0 && bound > math.MaxInt64/n {
			return 0, fmt.Errorf("has the impossible shape %v", dims)
		}
		t.shape[i] = int(n)
		elements *= n
		bound *= max(n, 1)
	}
	return elements, nil
}

func (t *tensor) elements() int {
	n := 1
	for _, d := range t.shape {
		n *= d
	}
	return n
}

// bytes calls f with the elements in row-major order and t.dtype. They are
// only valid during the call.
func (t *tensor) bytes(f func([]byte) error) error {
	return t.file.use(t.off, t.size, func(raw []byte) error {
		if t.layout == nil {
			return f(raw)
		}
		out := make([]byte, int64(t.elements())*t.dtype.Size())
		n := t.layout.rows()
		for r := range n {
			off, size := t.layout.place(r)
			row := len(out) / n
			if err := t.layout.unpack(r, out[r*row:(r+1)*row], raw[off:off+size]); err != nil {
				return err
			}
		}
		return f(out)
	})
}

// pieces calls f with the tensor's bytes, a piece at a time that begins at
// byte at, so that no more of the file than that counts as memory in use.
func (t *tensor) pieces(f func(at int64, b []byte) error) error {
	const piece = 4 << 20
	if t.layout != nil {
		return t.bytes(func(b []byte) error { return f(0, b) })
	}
	for at := int64(0); at < t.size; at += piece {
		n := min(piece, t.size-at)
		if err := t.file.use(t.off+at, n, func(b []byte) error { return f(at, b) }); err != nil {
			return err
		}
	}
	return nil
}

func read[T linalg.Float](t *tensor, dst []T) error {
	if err := t.fits(len(dst)); err != nil {
		return err
	}
	err := t.bytes(func(b []byte) error {
		decode(t.dtype, dst, b)
		return nil
	})
	if err != nil {
		return fmt.Errorf("checkpoint: reading tensor %s: %w", t.name, err)
	}
	return nil
}

// fits says whether n float values can be the tensor's.
func (t *tensor) fits(n int) error {
	if !t.dtype.numeric() {
		return fmt.Errorf("checkpoint: tensor %s is of dtype %v, not of floating-point numbers", t.name, t.dtype)
	}
	if n != t.elements() {
		return fmt.Errorf("checkpoint: tensor %s has %d elements (shape %v), not %d", t.name, t.elements(), t.shape, n)
	}
	return nil
}
