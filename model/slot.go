package model

import (
	"fmt"

	"sparsellm/linalg"
)

// Slot is where a linear's weight lies in a checkpoint: a tensor, or some rows
// or columns of one that holds the weights of several linears.
type Slot struct {
	Tensor string
	// First is which of the tensor's outputs is the weight's first, and Outputs
	// how many are the weight's; 0 is all that there are.
	First, Outputs int
	// Transposed says that the tensor is in × out: its outputs are columns.
	Transposed bool
}

// String names the slot, and no other.
func (s Slot) String() string {
	if s.Outputs == 0 {
		return s.Tensor
	}
	return fmt.Sprintf("%s[%d:%d]", s.Tensor, s.First, s.First+s.Outputs)
}

// Whole returns the slot of a weight that is all of a tensor, out × in.
func Whole(tensor string) Slot { return Slot{Tensor: tensor} }

// Sink receives pruned weights.
type Sink[T linalg.Float] interface {
	// Store writes w, out × in, to its slot, and rounds w to what is stored of
	// it.
	Store(at Slot, w linalg.Matrix[T]) error
	// Round rounds w as Store does, and stores nothing. Values that cannot be
	// stored stay as they are, for Store to fail.
	Round(at Slot, w linalg.Matrix[T])
}
