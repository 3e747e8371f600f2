package checkpoint

import (
	"fmt"
	"io"

	"sparsellm/internal/decoder"
)

// write writes the tensor's values.
func (t *ggufOutTensor) write(w io.Writer, src *Checkpoint) error {
	if t.values != nil {
		b := make([]byte, t.size)
		encode(F32, b, t.values)
		_, err := w.Write(b)
		return err
	}
	for _, f := range t.from {
		if err := t.writeOne(w, src, f); err != nil {
			return err
		}
	}
	return nil
}

// writeOne writes the values of a tensor of the model, a chunk of rows, as the
// file has them, at a time.
func (t *ggufOutTensor) writeOne(w io.Writer, src *Checkpoint, f decoder.FileTensor) error {
	in, ok := src.find(f.Name)
	if !ok {
		return fmt.Errorf("%w: %s", ErrNoTensor, f.Name)
	}
	cols := int(t.dims[0])
	if len(in.shape) == 1 { // an element is a row
		cols = 1
	}
	rows := in.elements() / cols
	var whole []float32 // cols × rows
	if f.Order.Transposed {
		whole = make([]float32, in.elements())
		if err := read(in, whole); err != nil {
			return err
		}
	}
	const chunk = 1 << 18 // elements
	per := max(1, chunk/cols)
	if in.packing != nil { // each read of some rows may take a whole mask apart
		per = max(1, 32*chunk/cols)
	}
	x := make([]float32, min(per, rows)*cols)
	out := make([]byte, len(x)*8)
	list := make([]int, 0, per)
	for from := 0; from < rows; from += per {
		list = list[:0]
		for r := from; r < min(from+per, rows); r++ {
			list = append(list, f.Order.OfFile(r, rows))
		}
		x := x[:len(list)*cols]
		if whole == nil {
			if err := readRows(in, list, x); err != nil {
				return err
			}
		} else {
			for i, r := range list {
				for j := range cols {
					x[i*cols+j] = whole[j*rows+r]
				}
			}
		}
		if f.Order.PlusOne {
			for i := range x {
				x[i]++
			}
		}
		b, err := t.encode(out, x)
		if err != nil {
			return fmt.Errorf("tensor %s: %w", f.Name, err)
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// encode stores values, whole blocks, in dst, and returns what it took.
func (t *ggufOutTensor) encode(dst []byte, x []float32) ([]byte, error) {
	k := ggmlTypes[t.kind]
	dst = dst[:k.size(int64(len(x)))]
	if k.block == 1 {
		if i := encode(k.dtype, dst, x); i >= 0 {
			return nil, fmt.Errorf("%v is beyond the range of %s: bf16 and f32 hold it", x[i], k.name)
		}
		return dst, nil
	}
	quantize, levels := quantizeQ8_0, float32(127)
	if t.kind == ggmlQ4_0 {
		quantize, levels = quantizeQ4_0, 8
	}
	const largest = 65504 // of float16, which scales are
	for _, v := range x {
		if !(abs32(v) <= levels*largest) { // nor is a NaN
			return nil, fmt.Errorf("%v is beyond the range of %s: bf16 and f32 hold it", v, k.name)
		}
	}
	quantize(dst, x)
	return dst, nil
}
