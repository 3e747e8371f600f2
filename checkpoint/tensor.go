package checkpoint

import (
	"fmt"
	"hash/crc32"
	"math"
	"sync/atomic"

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
	// layout is how the elements lie in the file; nil where the file's bytes are
	// the elements, row-major and of dtype.
	layout layout
	// packing is how the elements are packed; nil where they are not. They have
	// the dtype origin before they are, and dtype holds what they are read as.
	packing *packing
	origin  DType
	// sum is the checksum of the bytes, and summed beside it, once known.
	sum atomic.Uint64
}

const summed = 1 << 32

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

// storedAs returns the dtype that the tensor has in an output of dtype as (see
// DType.StoredAs).
func (t *tensor) storedAs(as DType) DType {
	if t.packing != nil && as == 0 {
		return t.origin
	}
	return t.dtype.StoredAs(as)
}

func (t *tensor) elements() int {
	n := 1
	for _, d := range t.shape {
		n *= d
	}
	return n
}

// pieces calls f with the elements in row-major order and t.dtype, a piece at a
// time that begins at byte at of them, so that no more of the file than that
// counts as memory in use. The bytes are only valid during the call.
func (t *tensor) pieces(f func(at int64, b []byte) error) error {
	if t.packing != nil {
		return t.packing.pieces(t, f)
	}
	if t.layout != nil {
		return t.unpacked(f)
	}
	const piece = 4 << 20
	sum, known := uint32(0), t.sum.Load() != 0
	for at := int64(0); at < t.size || at == 0; at += piece {
		n := min(piece, t.size-at)
		err := t.file.use(t.off+at, n, func(b []byte) error {
			if !known {
				sum = crc32.Update(sum, castagnoli, b)
			}
			return f(at, b)
		})
		if err != nil {
			return err
		}
	}
	if !known {
		t.sum.Store(summed | uint64(sum))
	}
	return nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is that of the tensor's bytes in the file. Where they have gone by
// already they are not read for it.
func (t *tensor) checksum() (sum uint32, err error) {
	if s := t.sum.Load(); s != 0 {
		return uint32(s), nil
	}
	const block = 16 << 20 // where files are not mapped, each takes memory
	for off := t.off; off < t.off+t.size && err == nil; off += block {
		err = t.file.use(off, min(block, t.off+t.size-off), func(b []byte) error {
			sum = crc32.Update(sum, castagnoli, b)
			return nil
		})
	}
	if err == nil {
		t.sum.Store(summed | uint64(sum))
	}
	return sum, err
}

// unpacked is pieces where the file has a layout of its own: a row each.
func (t *tensor) unpacked(f func(at int64, b []byte) error) error {
	n := t.layout.rows()
	out := make([]byte, int64(t.elements())*t.dtype.Size()/int64(max(n, 1)))
	for r := range n {
		off, size := t.layout.place(r)
		err := t.file.use(t.off+off, size, func(raw []byte) error { return t.layout.unpack(r, out, raw) })
		if err != nil {
			return err
		}
		if err := f(int64(r)*int64(len(out)), out); err != nil {
			return err
		}
	}
	return nil
}

func read[T linalg.Float](t *tensor, dst []T) error {
	if err := t.fits(len(dst)); err != nil {
		return err
	}
	size := t.dtype.Size()
	err := t.pieces(func(at int64, b []byte) error {
		decode(t.dtype, dst[at/size:][:int64(len(b))/size], b)
		return nil
	})
	if err != nil {
		return fmt.Errorf("checkpoint: reading tensor %s: %w", t.name, err)
	}
	return nil
}

// fits says whether n float values can be the tensor's.
func (t *tensor) fits(n int) error {
	if !t.dtype.Numeric() {
		return fmt.Errorf("checkpoint: tensor %s is of dtype %v, not of floating-point numbers", t.name, t.dtype)
	}
	if n != t.elements() {
		return fmt.Errorf("checkpoint: tensor %s has %d elements (shape %v), not %d", t.name, t.elements(), t.shape, n)
	}
	return nil
}
