package inspect

// Size is what matrices take in the ways of storing zeros, in bytes. Formats
// store zeros dense; the other two are what a sparse format could come to.
type Size struct {
	Dense   int64 `json:"dense"`
	Bitmask int64 `json:"bitmask"` // a bit per weight, and the values that are not zero
	CSR     int64 `json:"csr"`     // values, a 32-bit column for each, a 32-bit start of each row
}

// SizeOf returns the sizes of a rows × cols matrix, elements of width bytes,
// that has so many zeros.
func SizeOf(rows, cols, zeros int, width int64) Size {
	all := int64(rows) * int64(cols)
	kept := all - int64(zeros)
	return Size{
		Dense:   all * width,
		Bitmask: (all+7)/8 + kept*width,
		CSR:     kept*(width+4) + (int64(rows)+1)*4,
	}
}

// Plus returns the sizes of both.
func (s Size) Plus(t Size) Size {
	return Size{s.Dense + t.Dense, s.Bitmask + t.Bitmask, s.CSR + t.CSR}
}

// Sizes are those of the pruned matrices, and of the model with them.
type Sizes struct {
	Matrices Size `json:"matrices"`
	Model    Size `json:"model"`
}
