package linalg

import "fmt"

// Float is the element type of a matrix.
type Float interface{ float32 | float64 }

// Matrix is a dense row-major matrix: element (i, j) is Data[i*Stride+j].
// Copying a Matrix copies the view, not the elements.
type Matrix[T Float] struct {
	Rows, Cols, Stride int
	Data               []T
}

// NewMatrix returns a rows × cols matrix of zeros.
func NewMatrix[T Float](rows, cols int) Matrix[T] {
	return Matrix[T]{rows, cols, cols, make([]T, rows*cols)}
}

// MatrixOf returns a rows × cols view of data, which it does not copy.
func MatrixOf[T Float](rows, cols int, data []T) Matrix[T] {
	if len(data) != rows*cols {
		panic(fmt.Sprintf("linalg: %d elements for a %d × %d matrix", len(data), rows, cols))
	}
	return Matrix[T]{rows, cols, cols, data}
}

// Row returns row i, of m.Cols elements.
func (m Matrix[T]) Row(i int) []T {
	if m.Cols == 0 {
		return nil // a view of no columns has no data
	}
	o := i * m.Stride
	return m.Data[o : o+m.Cols : o+m.Cols]
}

// At returns element (i, j).
func (m Matrix[T]) At(i, j int) T { return m.Data[i*m.Stride+j] }

// Set stores v as element (i, j).
func (m Matrix[T]) Set(i, j int, v T) { m.Data[i*m.Stride+j] = v }

// Slice returns the view of rows r0..r1 and columns c0..c1, ends excluded.
func (m Matrix[T]) Slice(r0, r1, c0, c1 int) Matrix[T] {
	if r0 < 0 || r1 < r0 || r1 > m.Rows || c0 < 0 || c1 < c0 || c1 > m.Cols {
		panic(fmt.Sprintf("linalg: slice [%d:%d, %d:%d] of a %d × %d matrix", r0, r1, c0, c1, m.Rows, m.Cols))
	}
	v := Matrix[T]{Rows: r1 - r0, Cols: c1 - c0, Stride: m.Stride}
	if v.Rows > 0 && v.Cols > 0 {
		v.Data = m.Data[r0*m.Stride+c0 : (r1-1)*m.Stride+c1]
	}
	return v
}

// Zero sets every element to 0.
func (m Matrix[T]) Zero() {
	for i := range m.Rows {
		clear(m.Row(i))
	}
}

// Clone returns a copy with a stride of m.Cols.
func (m Matrix[T]) Clone() Matrix[T] {
	c := NewMatrix[T](m.Rows, m.Cols)
	Copy(c, m)
	return c
}

// Copy copies src's elements to dst, which must have the same shape.
func Copy[T Float](dst, src Matrix[T]) {
	mustSameShape(dst, src)
	for i := range src.Rows {
		copy(dst.Row(i), src.Row(i))
	}
}

// Convert returns a copy of m with elements of type D, which may be given back.
func Convert[D, S Float](p *Pool, m Matrix[S]) Matrix[D] {
	d := Take[D](p, m.Rows, m.Cols)
	p.For(m.Rows, func(i int) {
		row := d.Row(i)
		for j, v := range m.Row(i) {
			row[j] = D(v)
		}
	})
	return d
}

func mustSameShape[T Float](a, b Matrix[T]) {
	if a.Rows != b.Rows || a.Cols != b.Cols {
		panic(fmt.Sprintf("linalg: shapes differ: %d × %d and %d × %d", a.Rows, a.Cols, b.Rows, b.Cols))
	}
}
