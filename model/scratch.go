package model

import "sparsellm/linalg"

// Scratch lends matrices for the length of a sublayer's run, out of one piece
// of memory that the next run uses again. The zero value is empty.
type Scratch[T linalg.Float] struct {
	data []T
	used int // elements lent since the last Reset, some perhaps beyond data
}

// Reset takes back all that was lent.
func (s *Scratch[T]) Reset() {
	if s.used > len(s.data) {
		s.data = make([]T, s.used)
	}
	s.used = 0
}

// Matrix lends a rows × cols matrix of any values.
func (s *Scratch[T]) Matrix(rows, cols int) linalg.Matrix[T] {
	n := rows * cols
	s.used += n
	if s.used > len(s.data) {
		return linalg.NewMatrix[T](rows, cols)
	}
	return linalg.MatrixOf(rows, cols, s.data[s.used-n:s.used:s.used])
}
