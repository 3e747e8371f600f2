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
		x := make([]float64, s.tensor.elements())
		if err := read(s.tensor, x); err != nil {
			return err
		}
		mask := make([]byte, len(x))
		for i, v := range x {
			if v != 0 {
				mask[i] = 1
			}
		}
		if _, err := w.Write(mask); err != nil {
			return err
		}
	}
	return nil
}
