package packed

import (
	"fmt"
	"slices"

	"sparsellm/asm"
)

// Values is how a kept weight is stored.
type Values uint8

const (
	F32 Values = iota
	F16
	BF16
	Q8 // -127..127, times a scale
	Q4 // -8..7, times a scale
)

var valuesNames = [...]string{"f32", "f16", "bf16", "q8", "q4"}

// String returns the name by which users know it.
func (v Values) String() string { return valuesNames[v] }

// ParseValues returns the Values of a name.
func ParseValues(name string) (Values, error) {
	i := slices.Index(valuesNames[:], name)
	if i < 0 {
		return 0, fmt.Errorf("%q is no kind of values; know %v", name, valuesNames)
	}
	return Values(i), nil
}

// Quantised reports whether values are integers with scales.
func (v Values) Quantised() bool { return v == Q8 || v == Q4 }

// bits is the size of a value.
func (v Values) bits() int { return [...]int{32, 16, 16, 8, 4}[v] }

// Format is the form of a matrix: dense, N of M consecutive weights of a row kept
// (N and M not 0), or those kept that a mask marks.
type Format struct {
	Values Values
	N, M   int
	Mask   bool
}

// String returns, say, "2:4 q8", "mask f16" or "dense q4".
func (f Format) String() string {
	switch {
	case f.N != 0 || f.M != 0:
		return fmt.Sprintf("%d:%d %v", f.N, f.M, f.Values)
	case f.Mask:
		return "mask " + f.Values.String()
	}
	return "dense " + f.Values.String()
}

// Check says whether there is such a format.
func (f Format) Check() error {
	switch {
	case int(f.Values) >= len(valuesNames):
		return fmt.Errorf("values of kind %d are unknown", f.Values)
	case (f.N != 0 || f.M != 0) && (f.N != 2 || f.M != 4 || f.Mask || !f.Values.Quantised()):
		return fmt.Errorf("a matrix cannot be packed as %v: of N:M there are 2:4 q8 and 2:4 q4; a mask takes no more bytes for other patterns and values", f)
	case f.Mask && f.Values == Q4:
		return fmt.Errorf("a matrix cannot be packed as %v: a mask goes with values of 8 bits or more", f)
	}
	return nil
}

// The sizes that the orders in memory are made of; see package asm.
const (
	PanelRows = asm.PanelRows // rows that lie side by side, and have offsets of their own in a mask
	GroupCols = asm.Group     // columns of a row that share a scale
	readAhead = asm.ReadAhead // bytes after the values of a mask
	blockCols = asm.Block     // what columns are rounded up to where values are quantised
)
