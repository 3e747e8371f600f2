package main

import (
	"fmt"
	"math"

	"sparsellm/checkpoint"
	"sparsellm/pipeline"
)

// size is what matrices take in the ways of storing zeros, in bytes. Formats
// store zeros dense; the other two are what a sparse format could come to.
type size struct {
	Dense   int64 `json:"dense"`
	Bitmask int64 `json:"bitmask"` // a bit per weight, and the values that are not zero
	CSR     int64 `json:"csr"`     // values, a 32-bit column for each, a 32-bit start of each row
}

// sizeOf returns the sizes of a rows × cols matrix, elements of width bytes,
// that has so many zeros.
func sizeOf(rows, cols, zeros int, width int64) size {
	all := int64(rows) * int64(cols)
	kept := all - int64(zeros)
	return size{
		Dense:   all * width,
		Bitmask: (all+7)/8 + kept*width,
		CSR:     kept*(width+4) + (int64(rows)+1)*4,
	}
}

func (s size) plus(t size) size {
	return size{s.Dense + t.Dense, s.Bitmask + t.Bitmask, s.CSR + t.CSR}
}

// sizes are those of the pruned matrices, and of the model with them.
type sizes struct {
	Matrices size `json:"matrices"`
	Model    size `json:"model"`
}

// sizes returns those of what a job wrote and reported.
func (s *session) sizes(reports []pipeline.MatrixReport, as checkpoint.DType) sizes {
	var all sizes
	for _, r := range reports {
		width := s.storedAs(r.Tensor, as).Size()
		zeros := int(math.Round(r.Sparsity * float64(r.Rows*r.Cols)))
		all.Matrices = all.Matrices.plus(sizeOf(r.Rows, r.Cols, zeros, width))
	}
	rest := -all.Matrices.Dense // of the tensors that were not pruned
	for _, name := range s.ckpt.Names() {
		shape, _ := s.ckpt.Shape(name)
		n := s.storedAs(name, as).Size()
		for _, d := range shape {
			n *= int64(d)
		}
		rest += n
	}
	all.Model = all.Matrices.plus(size{rest, rest, rest})
	return all
}

// humanBytes is n for a reader, in decimal units as disks are sold in.
func humanBytes(n int64) string {
	f := float64(n)
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if f < 999.5 {
			if unit == "B" {
				return fmt.Sprintf("%.0f B", f)
			}
			return fmt.Sprintf("%.3g %s", f, unit)
		}
		f /= 1000
	}
	return fmt.Sprintf("%.3g TB", f)
}
