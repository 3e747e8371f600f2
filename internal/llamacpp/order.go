package llamacpp

// Order is how a tensor of transformers' lies in a file. The zero Order is as it
// is.
type Order struct {
	// Heads are those of a projection whose rows the file interleaves: the two
	// halves of a head, which the rotary embedding turns together, lie row by
	// row, row 2i+j of a head being transformers' row j·dim/2 + i.
	Heads int
	// Fused are the heads of a matrix that makes queries, keys and values: in
	// transformers head by head, in the file all queries, all keys, all values.
	Fused int
	// Transposed says that transformers' matrix is in × out.
	Transposed bool
	// PlusOne says that the file has 1 added to the values.
	PlusOne bool
	// Expert is which of the Experts parts of the file's tensor, one after another,
	// the tensor is, such as an expert's matrix or the norm of a head; Experts is 0
	// where it is all.
	Expert, Experts int
	// Filter says that transformers has a dimension of 1 in the middle.
	Filter bool
}

// Rows says whether rows lie in another order.
func (o Order) Rows() bool { return o.Heads > 0 || o.Fused > 0 }

// InFile returns where row r of rows in transformers lies in the file.
func (o Order) InFile(r, rows int) int {
	switch {
	case o.Heads > 0:
		dim := rows / o.Heads
		half := dim / 2
		return r/dim*dim + 2*(r%half) + r%dim/half
	case o.Fused > 0:
		dim := rows / o.Fused / 3
		head, part, i := r/(3*dim), r/dim%3, r%dim
		return part*o.Fused*dim + head*dim + i
	}
	return r
}

// OfFile is the inverse of InFile.
func (o Order) OfFile(r, rows int) int {
	switch {
	case o.Heads > 0:
		dim := rows / o.Heads
		return r/dim*dim + r%2*(dim/2) + r%dim/2
	case o.Fused > 0:
		dim := rows / o.Fused / 3
		part, head, i := r/(o.Fused*dim), r/dim%o.Fused, r%dim
		return head*3*dim + part*dim + i
	}
	return r
}

// Fits says whether rows can be in the order.
func (o Order) Fits(rows int64) bool {
	switch {
	case o.Heads > 0:
		return rows%int64(o.Heads) == 0 && rows/int64(o.Heads)%2 == 0
	case o.Fused > 0:
		return rows%(3*int64(o.Fused)) == 0
	}
	return true
}
