package checkpoint

import (
	"bytes"
	"fmt"
	"slices"
)

// Equal says whether two tensors, named as for Shape, have the same shape and
// values.
func (c *Checkpoint) Equal(one, other string) (bool, error) {
	a, ok := c.find(one)
	if !ok {
		return false, fmt.Errorf("%w: %s", ErrNoTensor, one)
	}
	b, ok := c.find(other)
	if !ok {
		return false, fmt.Errorf("%w: %s", ErrNoTensor, other)
	}
	switch {
	case !slices.Equal(a.shape, b.shape):
		return false, nil
	case a.layout == nil && b.layout == nil && a.packing == nil && b.packing == nil && a.dtype == b.dtype:
		return sameBytes(a, b)
	case !a.dtype.Numeric() || !b.dtype.Numeric():
		return false, nil
	}
	return sameNumbers(a, b)
}

func sameBytes(a, b *tensor) (same bool, err error) {
	if a.file == b.file && a.off == b.off { // as torch.save writes tied weights
		return true, nil
	}
	const piece = 1 << 20
	same = true
	for at := int64(0); at < a.size && same && err == nil; at += piece {
		n := min(piece, a.size-at)
		err = a.file.use(a.off+at, n, func(x []byte) error {
			return b.file.use(b.off+at, n, func(y []byte) error {
				same = bytes.Equal(x, y)
				return nil
			})
		})
	}
	return same && err == nil, err
}

// sameNumbers compares some rows at a time, of whatever dtypes.
func sameNumbers(a, b *tensor) (bool, error) {
	if a.elements() == 0 {
		return true, nil
	}
	rows := 1
	if len(a.shape) > 0 {
		rows = a.shape[0]
	}
	width := a.elements() / rows
	step := max(1, 1<<16/width)
	x, y := make([]float64, step*width), make([]float64, step*width)
	for at := 0; at < rows; at += step {
		var some []int
		for r := at; r < min(at+step, rows); r++ {
			some = append(some, r)
		}
		n := len(some) * width
		if err := readRows(a, some, x[:n]); err != nil {
			return false, err
		}
		if err := readRows(b, some, y[:n]); err != nil {
			return false, err
		}
		if !slices.Equal(x[:n], y[:n]) {
			return false, nil
		}
	}
	return true, nil
}
