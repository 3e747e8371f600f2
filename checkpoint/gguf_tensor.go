package checkpoint

import (
	"fmt"
	"slices"
	"sync"
)

// ggufRows is the layout of a GGUF file's tensors that are quantised, or have
// their rows in another order.
type ggufRows struct {
	tensor *tensor
	kind   ggmlType
	count  int
	cols   int
	stride int64 // bytes of a row
	// headDim is not 0 for the projections whose rows GGUF has in another
	// order: there the two halves of a head that the rotary embedding turns
	// together are interleaved, row 2i+j of a head being transformers' row
	// j·headDim/2 + i.
	headDim int
}

func (g *ggufRows) rows() int { return g.count }

func (g *ggufRows) place(r int) (off, n int64) {
	if g.headDim > 0 {
		head, half := r/g.headDim, g.headDim/2
		j, i := r%g.headDim/half, r%half
		r = head*g.headDim + 2*i + j
	}
	return int64(r) * g.stride, g.stride
}

func (g *ggufRows) unpack(r int, dst, raw []byte) error {
	k := ggmlTypes[g.kind]
	if k.block == 1 {
		copy(dst, raw)
		return nil
	}
	part := unpacked.Get().(*[1024]float32)
	defer unpacked.Put(part)
	width := int(k.dtype.Size())
	for at := 0; at < g.cols; at += len(part) {
		x := part[:min(len(part), g.cols-at)]
		dequantize(g.kind, x, raw[at/int(k.block)*int(k.bytes):])
		if i := encode(k.dtype, dst[at*width:], x); i >= 0 {
			return beyond(g.tensor, k.dtype, r*g.cols+at+i, x[i])
		}
	}
	return nil
}

// unpacked has room for whole blocks of values.
var unpacked = sync.Pool{New: func() any { return new([1024]float32) }}

// tensor presents a tensor of the file. heads is not 0 for the projections of
// which ggufRows has the rows in another order.
func (in *ggufTensor) tensor(x *file, name string, heads int64) (*tensor, error) {
	k := ggmlTypes[in.kind]
	t := &tensor{name: name, dtype: k.dtype, file: x, off: in.off, size: in.size}
	dims := slices.Clone(in.dims)
	slices.Reverse(dims)
	if _, err := t.setShape(dims); err != nil {
		return nil, fmt.Errorf("tensor %q %w", in.name, err)
	}
	rows, cols := int64(1), in.dims[0]
	for _, d := range in.dims[1:] {
		rows *= d
	}
	if heads > 0 && len(in.dims) == 1 { // a bias: an element is a row
		rows, cols = cols, 1
	}
	if heads > 0 && (rows%heads != 0 || rows/heads%2 != 0) {
		return nil, fmt.Errorf("tensor %q has %d rows for %d heads", in.name, rows, heads)
	}
	if k.block > 1 && cols == 1 {
		return nil, fmt.Errorf("tensor %q is a quantised vector", in.name)
	}
	if k.block > 1 || heads > 0 {
		l := &ggufRows{tensor: t, kind: in.kind, count: int(rows), cols: int(cols), stride: cols / k.block * k.bytes}
		if heads > 0 {
			l.headDim = int(rows / heads)
		}
		t.layout = l
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
