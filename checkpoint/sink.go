package checkpoint

import (
	"fmt"
	"io"
	"math"
	"slices"

	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/packed"
)

// Output takes changed tensors: a Writer or an Overlay.
type Output interface {
	// tensorOf returns the input's tensor of that name and the dtype in which it
	// is stored.
	tensorOf(name string) (*tensor, DType, error)
	// packedAs returns how its weights are packed, if they are.
	packedAs(t *tensor) (packed.Values, bool)
	// change has write write elements of t, or all where whole, as the output
	// holds them: f has them from off on. Where not whole the others are the
	// input's, or what was written before.
	change(t *tensor, whole bool, write func(f io.WriterAt, off int64) error) error
}

// SinkOf returns what stores weights in o: encoded in the dtype that their
// tensor has in the output, to which they are rounded once. A finite value
// beyond that dtype's range is an error. Of a tensor of which no part is stored
// the output has the input's values, and of one stored in parts for the rest.
func SinkOf[T linalg.Float](o Output) model.Sink[T] { return sink[T]{o} }

type sink[T linalg.Float] struct{ Output }

// Store implements model.Sink.
func (s sink[T]) Store(at model.Slot, w linalg.Matrix[T]) error {
	t, d, err := s.tensorOf(at.Tensor)
	if err != nil {
		return err
	}
	p, err := placed(t, at, w.Rows, w.Cols)
	if err != nil {
		return err
	}
	if v, ok := s.packedAs(t); ok {
		roundPacked(v, w)
	}
	return s.change(t, p.n*p.width == t.elements(), func(f io.WriterAt, off int64) error {
		return store(f, off, t, d, p, w)
	})
}

// Round implements model.Sink.
func (s sink[T]) Round(at model.Slot, w linalg.Matrix[T]) {
	t, d, err := s.tensorOf(at.Tensor)
	if err != nil {
		return // Store says what is wrong
	}
	if v, ok := s.packedAs(t); ok {
		roundPacked(v, w)
		return
	}
	if exact[T](d) {
		return
	}
	b, x := make([]byte, int64(w.Cols)*d.Size()), make([]T, w.Cols)
	for i := range w.Rows {
		row := w.Row(i)
		encode(d, b, row)
		decode(d, x, b)
		for j, v := range x {
			if !math.IsInf(float64(v), 0) {
				row[j] = v
			}
		}
	}
}

// roundPacked rounds w to what is packed of it. Values that cannot be packed stay
// as they are.
func roundPacked[T linalg.Float](v packed.Values, w linalg.Matrix[T]) {
	group := make([]float32, packed.GroupCols)
	for i := range w.Rows {
		row := w.Row(i)
		if !v.Quantised() {
			rounded := slices.Clone(row)
			round(packedDType(v), rounded)
			for j, x := range rounded {
				if !math.IsInf(float64(x), 0) {
					row[j] = x
				}
			}
			continue
		}
		for j := 0; j < len(row); j += packed.GroupCols {
			part := row[j:min(j+packed.GroupCols, len(row))]
			for k, x := range part {
				group[k] = float32(x)
			}
			scale := packed.LeastScale(v, group[:len(part)])
			if math.IsInf(float64(scale), 0) {
				continue
			}
			for k := range part {
				part[k] = T(packed.Round(v, scale, group[k]))
			}
		}
	}
}

// lines are where elements of a tensor lie that are a weight: n lines of a
// width, the first at element first, each stride after the one before.
type lines struct {
	first, n, width, stride int
	transposed              bool // a line is a column of the weight
}

// placed returns where a weight of so many outputs and inputs goes. All
// dimensions but the last count its rows: a vector is one.
func placed(t *tensor, at model.Slot, outputs, inputs int) (lines, error) {
	if err := t.fits(t.elements()); err != nil {
		return lines{}, err
	}
	rows, cols := 1, 1
	for i, d := range t.shape {
		if i < len(t.shape)-1 {
			rows *= d
		} else {
			cols = d
		}
	}
	p := lines{first: at.First * cols, n: outputs, width: inputs, stride: cols}
	all, in := rows, cols
	if at.Transposed {
		p = lines{first: at.First, n: inputs, width: outputs, stride: cols, transposed: true}
		all, in = cols, rows
	}
	if at.Outputs == 0 {
		at.Outputs = all - at.First
	}
	if at.First < 0 || outputs != at.Outputs || at.First+outputs > all || inputs != in {
		return lines{}, fmt.Errorf("checkpoint: tensor %s has %d outputs of %d inputs (shape %v): a weight of %d × %d cannot be those from %d on",
			t.name, all, in, t.shape, outputs, inputs, at.First)
	}
	return p, nil
}

// store writes w to p in f, which has t's elements as d from off on, and rounds
// w to what is written.
func store[T linalg.Float](f io.WriterAt, off int64, t *tensor, d DType, p lines, w linalg.Matrix[T]) error {
	const most = 64 * chunk
	size := d.Size()
	buf := make([]byte, 0, max(most, int64(p.width)*size))
	begin := p.first
	flush := func() error {
		if _, err := f.WriteAt(buf, off+int64(begin)*size); err != nil {
			return fmt.Errorf("checkpoint: writing tensor %s: %w", t.name, err)
		}
		buf = buf[:0]
		return nil
	}
	var column []T
	if p.transposed {
		column = make([]T, p.width)
	}
	for k := range p.n {
		at, line := p.first+k*p.stride, column
		if p.transposed {
			for i := range line {
				line[i] = w.At(i, k)
			}
		} else {
			line = w.Row(k)
		}
		bytes := p.width * int(size)
		if len(buf) > 0 && (p.width < p.stride || len(buf)+bytes > cap(buf)) {
			if err := flush(); err != nil {
				return err
			}
		}
		if len(buf) == 0 {
			begin = at
		}
		b := buf[len(buf) : len(buf)+bytes]
		buf = buf[:len(buf)+bytes]
		if i := encode(d, b, line); i >= 0 {
			return beyond(t, d, at+i, line[i])
		}
		if exact[T](d) {
			continue
		}
		decode(d, line, b)
		if p.transposed {
			for i, v := range line {
				w.Set(i, k, v)
			}
		}
	}
	return flush()
}

// exact reports whether d holds every T.
func exact[T linalg.Float](d DType) bool {
	var zero T
	_, narrow := any(zero).(float32)
	return d == F64 || d == F32 && narrow
}

func beyond[T linalg.Float](t *tensor, d DType, i int, v T) error {
	return fmt.Errorf("checkpoint: tensor %s: element %d is %v, beyond the range of %v", t.name, i, v, d)
}

// carry writes all of the input's elements of t as d to f, from off on.
func carry(f io.WriterAt, off int64, t *tensor, d DType) error {
	return t.pieces(func(at int64, b []byte) (err error) {
		if d == t.dtype {
			_, err = f.WriteAt(b, off+at)
			return err
		}
		at /= t.dtype.Size()
		if t.dtype == F64 {
			b, err = convert[float64](t, d, int(at), b)
		} else {
			b, err = convert[float32](t, d, int(at), b)
		}
		if err == nil {
			_, err = f.WriteAt(b, off+at*d.Size())
		}
		return err
	})
}

// convert makes elements of d of those of t in b, the first being at, by way of
// T, which holds t's.
func convert[T linalg.Float](t *tensor, d DType, at int, b []byte) ([]byte, error) {
	x := make([]T, int64(len(b))/t.dtype.Size())
	decode(t.dtype, x, b)
	out := make([]byte, int64(len(x))*d.Size())
	if i := encode(d, out, x); i >= 0 {
		return nil, beyond(t, d, at+i, x[i])
	}
	return out, nil
}
