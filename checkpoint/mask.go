package checkpoint

import (
	"fmt"
	"io"
	"path/filepath"

	"sparsellm/internal/atomicfile"
)

// WriteMask writes a safetensors file to path that has, for each of the named
// tensors, a BOOL tensor of the same name and shape: true where the weight is
// not zero. The file gets its name once it is complete.
func (c *Checkpoint) WriteMask(path string, names []string) error {
	out := &outShard{name: filepath.Base(path)}
	for _, name := range names {
		t, ok := c.find(name)
		if !ok {
			return fmt.Errorf("%w: %s", ErrNoTensor, name)
		}
		out.slots = append(out.slots, &slot{tensor: t, dtype: Bool, size: int64(t.elements())})
	}
	if err := out.makeHead([][2]string{{"format", "pt"}}); err != nil {
		return err
	}
	if err := atomicfile.Write(path, out.writeMasks); err != nil {
		return fmt.Errorf("checkpoint: writing the masks: %w", err)
	}
	return nil
}

func (o *outShard) writeMasks(w io.Writer) error {
	if _, err := w.Write(o.head); err != nil {
		return err
	}
	for _, s := range o.slots {
		if err := s.tensor.fits(s.tensor.elements()); err != nil {
			return err
		}
		err := s.tensor.pieces(func(_ int64, b []byte) error {
			_, err := w.Write(kept(s.tensor.dtype, b))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// kept returns for each element of b, of a numeric dtype, 1 if it is not zero: if
// any bit but the sign is set.
func kept(d DType, b []byte) []byte {
	size := int(d.Size())
	mask := make([]byte, len(b)/size)
	for i := range mask {
		e := b[i*size : (i+1)*size]
		bits := e[size-1] & 0x7f
		for _, v := range e[:size-1] {
			bits |= v
		}
		if bits != 0 {
			mask[i] = 1
		}
	}
	return mask
}
