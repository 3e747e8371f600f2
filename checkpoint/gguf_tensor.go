package checkpoint

import (
	"fmt"
	"slices"
	"sync"

	"sparsellm/internal/decoder"
	"sparsellm/internal/llamacpp"
)

// ggufRows is the layout of a GGUF file's tensors that are quantised, or lie in
// another order than in transformers.
type ggufRows struct {
	tensor *tensor
	kind   ggmlType
	count  int
	cols   int
	stride int64 // bytes of a row
	order  llamacpp.Order
}

func (g *ggufRows) rows() int { return g.count }

func (g *ggufRows) place(r int) (off, n int64) {
	return int64(g.order.InFile(r, g.count)) * g.stride, g.stride
}

func (g *ggufRows) unpack(r int, dst, raw []byte) error {
	k := ggmlTypes[g.kind]
	if k.block == 1 && !g.order.PlusOne {
		copy(dst, raw)
		return nil
	}
	part := unpacked.Get().(*[1024]float32)
	defer unpacked.Put(part)
	width := int(k.dtype.Size())
	for at := 0; at < g.cols; at += len(part) {
		x := part[:min(len(part), g.cols-at)]
		if src := raw[k.size(int64(at)):]; k.block == 1 {
			decode(k.dtype, x, src)
		} else {
			dequantize(g.kind, x, src)
		}
		if g.order.PlusOne {
			for i := range x {
				x[i]--
			}
		}
		if i := encode(k.dtype, dst[at*width:], x); i >= 0 {
			return beyond(g.tensor, k.dtype, r*g.cols+at+i, x[i])
		}
	}
	return nil
}

// unpacked has room for whole blocks of values.
var unpacked = sync.Pool{New: func() any { return new([1024]float32) }}

// ggufColumns is the layout of a matrix that transformers has transposed: of as
// many rows as ggufRows has, it makes all at once.
type ggufColumns struct{ ggufRows }

func (g *ggufColumns) rows() int { return 1 }

func (g *ggufColumns) place(int) (off, n int64) { return 0, int64(g.count) * g.stride }

func (g *ggufColumns) unpack(_ int, dst, raw []byte) error {
	width := int(ggmlTypes[g.kind].dtype.Size())
	row := make([]byte, g.cols*width)
	for r := range g.count {
		if err := g.ggufRows.unpack(r, row, raw[int64(r)*g.stride:][:g.stride]); err != nil {
			return err
		}
		for j := range g.cols {
			copy(dst[(j*g.count+r)*width:][:width], row[j*width:])
		}
	}
	return nil
}

// tensor presents a tensor of the file, or a part of it, as one of transformers'.
func (in *ggufTensor) tensor(x *file, as decoder.FileTensor) (*tensor, error) {
	k, o := ggmlTypes[in.kind], as.Order
	t := &tensor{name: as.Name, dtype: k.dtype, file: x, off: in.off, size: in.size}
	dims := slices.Clone(in.dims)
	slices.Reverse(dims)
	if o.Experts > 0 {
		if len(dims) < 2 || dims[0] != int64(o.Experts) {
			return nil, fmt.Errorf("tensor %q has no part for each of %d experts or heads", in.name, o.Experts)
		}
		dims = dims[1:]
		t.size /= int64(o.Experts)
		t.off += int64(o.Expert) * t.size
	}
	rows, cols := int64(1), in.dims[0]
	for _, d := range dims[:len(dims)-1] {
		rows *= d
	}
	if o.Rows() && len(dims) == 1 { // a bias: an element is a row
		rows, cols = cols, 1
	}
	switch {
	case !o.Fits(rows):
		return nil, fmt.Errorf("tensor %q has %d rows for %d heads", in.name, rows, max(o.Heads, o.Fused))
	case o.Transposed && len(dims) != 2:
		return nil, fmt.Errorf("tensor %q is no matrix", in.name)
	case o.Transposed:
		dims[0], dims[1] = dims[1], dims[0]
	case o.Filter && len(dims) == 2:
		dims = []int64{dims[0], 1, dims[1]}
	}
	if _, err := t.setShape(dims); err != nil {
		return nil, fmt.Errorf("tensor %q %w", in.name, err)
	}
	if k.block > 1 && cols == 1 {
		return nil, fmt.Errorf("tensor %q is a quantised vector", in.name)
	}
	l := ggufRows{tensor: t, kind: in.kind, count: int(rows), cols: int(cols), stride: k.size(cols), order: o}
	switch {
	case o.Transposed:
		t.layout = &ggufColumns{l}
	case k.block > 1 || o.Rows() || o.PlusOne:
		t.layout = &l
	}
	return t, nil
}

// quantised returns the names of the quantised types that tensors have.
func quantised(tensors []*tensor) (names []string) {
	for _, t := range tensors {
		l, ok := t.layout.(*ggufRows)
		if ok && ggmlTypes[l.kind].unpack != nil && !slices.Contains(names, l.kind.String()) {
			names = append(names, l.kind.String())
		}
	}
	slices.Sort(names)
	return names
}
