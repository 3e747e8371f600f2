package checkpoint

import (
	"fmt"

	"sparsellm/linalg"
)

// ReadRowsFloat32 reads some rows of a tensor into dst, one after another: the
// elements of each index into its first dimension. It reads, and unpacks, no
// others.
func (c *Checkpoint) ReadRowsFloat32(name string, rows []int, dst []float32) error {
	return findRows(c, name, rows, dst)
}

// ReadRowsFloat64 is ReadRowsFloat32 for float64.
func (c *Checkpoint) ReadRowsFloat64(name string, rows []int, dst []float64) error {
	return findRows(c, name, rows, dst)
}

func findRows[T linalg.Float](c *Checkpoint, name string, rows []int, dst []T) error {
	t, ok := c.find(name)
	if !ok {
		return fmt.Errorf("%w: %s", ErrNoTensor, name)
	}
	return readRows(t, rows, dst)
}

func readRows[T linalg.Float](t *tensor, rows []int, dst []T) error {
	if err := t.fits(t.elements()); err != nil {
		return err
	}
	if len(t.shape) == 0 || t.shape[0] == 0 {
		return fmt.Errorf("checkpoint: tensor %s has no rows", t.name)
	}
	width := t.elements() / t.shape[0]
	if len(dst) != len(rows)*width {
		return fmt.Errorf("checkpoint: %d rows of tensor %s are %d elements, not %d", len(rows), t.name, len(rows)*width, len(dst))
	}
	for _, row := range rows {
		if row < 0 || row >= t.shape[0] {
			return fmt.Errorf("checkpoint: reading tensor %s: there is no row %d of %d", t.name, row, t.shape[0])
		}
	}
	if t.layout != nil && t.layout.rows() != t.shape[0] { // the file has no such rows
		whole := make([]T, t.elements())
		if err := read(t, whole); err != nil {
			return err
		}
		for i, row := range rows {
			copy(dst[i*width:][:width], whole[row*width:])
		}
		return nil
	}
	err := t.eachRow(rows, int64(width)*t.dtype.Size(), func(i int, row []byte) { decode(t.dtype, dst[i*width:][:width], row) })
	if err != nil {
		return fmt.Errorf("checkpoint: reading tensor %s: %w", t.name, err)
	}
	return nil
}

// eachRow calls f with the elements, size bytes row-major and of t.dtype, of each
// of rows, which are only valid during the call. Of a mapped file the system
// reads the pages that are looked at; elsewhere each row is read by itself,
// unless they are as many bytes as the whole.
func (t *tensor) eachRow(rows []int, size int64, f func(i int, row []byte)) error {
	if t.packing != nil {
		return t.packing.eachRow(t, rows, func(i int, row []byte) error {
			f(i, row)
			return nil
		})
	}
	place := func(r int) (off, n int64) { return int64(r) * size, size }
	unpack := func(i int, raw []byte) error {
		f(i, raw)
		return nil
	}
	if t.layout != nil {
		place = t.layout.place
		row := make([]byte, size)
		unpack = func(i int, raw []byte) error {
			err := t.layout.unpack(rows[i], row, raw)
			f(i, row)
			return err
		}
	}
	total := int64(0)
	for _, r := range rows {
		_, n := place(r)
		total += n
	}
	if t.file.data != nil || total >= t.size {
		return t.file.use(t.off, t.size, func(b []byte) error {
			for i, r := range rows {
				off, n := place(r)
				if err := unpack(i, b[off:off+n]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for i, r := range rows {
		off, n := place(r)
		if err := t.file.use(t.off+off, n, func(b []byte) error { return unpack(i, b) }); err != nil {
			return err
		}
	}
	return nil
}
