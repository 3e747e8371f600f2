package checkpoint

import (
	"fmt"

	"sparsellm/linalg"
)

// ReadRowsFloat32 reads some rows of a tensor into dst, one after another: the
// elements of each index into its first dimension. It reads no others where
// the format allows.
func (c *Checkpoint) ReadRowsFloat32(name string, rows []int, dst []float32) error {
	return readRows(c, name, rows, dst)
}

// ReadRowsFloat64 is ReadRowsFloat32 for float64.
func (c *Checkpoint) ReadRowsFloat64(name string, rows []int, dst []float64) error {
	return readRows(c, name, rows, dst)
}

func readRows[T linalg.Float](c *Checkpoint, name string, rows []int, dst []T) error {
	t, ok := c.find(name)
	if !ok {
		return fmt.Errorf("%w: %s", ErrNoTensor, name)
	}
	if err := t.fits(t.elements()); err != nil {
		return err
	}
	if len(t.shape) == 0 || t.shape[0] == 0 {
		return fmt.Errorf("checkpoint: tensor %s has no rows", name)
	}
	width := t.elements() / t.shape[0]
	if len(dst) != len(rows)*width {
		return fmt.Errorf("checkpoint: %d rows of tensor %s are %d elements, not %d", len(rows), name, len(rows)*width, len(dst))
	}
	err := t.bytes(func(b []byte) error {
		size := width * int(t.dtype.Size())
		for i, row := range rows {
			if row < 0 || row >= t.shape[0] {
				return fmt.Errorf("there is no row %d of %d", row, t.shape[0])
			}
			decode(t.dtype, dst[i*width:(i+1)*width], b[row*size:(row+1)*size])
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("checkpoint: reading tensor %s: %w", t.name, err)
	}
	return nil
}
