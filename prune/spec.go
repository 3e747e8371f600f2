package prune

import (
	"fmt"
	"strconv"
	"strings"
)

// Spec says how sparse a matrix is to become and how the sweep goes about it.
type Spec struct {
	// Sparsity is the share of weights to zero, in [0, 1). With a pattern it
	// is not read.
	Sparsity float64 `json:"sparsity"`
	// Pattern is N:M sparsity; its zero value means unstructured.
	Pattern Pattern `json:"pattern,omitzero"`
	// BlockSize is the number of columns that a sweep handles before it
	// updates the columns to their right. A multiple of Pattern.Of.
	BlockSize int `json:"blocksize"`
	// Damping is added to the Hessian's diagonal, as a share of its mean.
	Damping float64 `json:"percdamp"`
	// Bits is the width of the integers to which kept weights are quantised
	// jointly with pruning; 16 or more means that they are not.
	Bits int `json:"wbits"`
	// KeepMask keeps the zeros that the dense matrix has: pruning only adds to
	// them. Of a matrix that has more than its part, or a group that does under
	// a pattern, just these are the zeros.
	KeepMask bool `json:"keep_mask"`

	// Grid, if not nil, is what kept weights are to be quantised to once they are
	// pruned (see Settle).
	Grid *Grid `json:"-"`

	// released has all weights of a block go that equal the sweep's threshold,
	// however many they are.
	released bool
}

// Pattern keeps Keep of every Of consecutive weights of a row. It counts what
// is kept, as hardware does; the released code counts zeros.
type Pattern struct{ Keep, Of int }

// ParsePattern reads "N:M", which keeps N of every M.
func ParsePattern(s string) (Pattern, error) {
	n, m, ok := strings.Cut(s, ":")
	keep, err1 := strconv.Atoi(n)
	of, err2 := strconv.Atoi(m)
	if !ok || err1 != nil || err2 != nil {
		return Pattern{}, fmt.Errorf("prune: pattern %q is not of the form N:M", s)
	}
	if of < 1 || keep < 1 || keep > of {
		return Pattern{}, fmt.Errorf("prune: pattern %s: N of every M weights are kept, so 1 ≤ N ≤ M", s)
	}
	if of > 256 {
		return Pattern{}, fmt.Errorf("prune: pattern %s: M is at most 256", s)
	}
	return Pattern{keep, of}, nil
}

func (p Pattern) String() string { return fmt.Sprintf("%d:%d", p.Keep, p.Of) }

// MarshalText implements encoding.TextMarshaler.
func (p Pattern) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// Structured reports whether there is a pattern at all.
func (p Pattern) Structured() bool { return p.Of > 0 }

// zeros returns how many of every Of weights are zeroed.
func (p Pattern) zeros() int { return p.Of - p.Keep }

// Target returns the share of zeros that the spec asks for.
func (s Spec) Target() float64 {
	if s.Pattern.Structured() {
		return float64(s.Pattern.zeros()) / float64(s.Pattern.Of)
	}
	return s.Sparsity
}

// Check returns an error that says what is wrong with s, for the user who
// chose the settings.
func (s Spec) Check() error {
	switch {
	case !s.Pattern.Structured() && !(s.Sparsity >= 0 && s.Sparsity < 1):
		return fmt.Errorf("prune: sparsity %v is not in [0, 1)", s.Sparsity)
	case s.BlockSize < 1:
		return fmt.Errorf("prune: block size %d is not positive", s.BlockSize)
	case s.Pattern.Structured() && s.BlockSize%s.Pattern.Of != 0:
		return fmt.Errorf("prune: block size %d is not a multiple of %d, as pattern %v needs", s.BlockSize, s.Pattern.Of, s.Pattern)
	case !(s.Damping >= 0):
		return fmt.Errorf("prune: damping %v is negative", s.Damping)
	case s.Bits < 2:
		return fmt.Errorf("prune: %d bits are too few to quantise to; 2 is the least", s.Bits)
	}
	return nil
}

// CheckColumns returns an error if a matrix of that many columns cannot take
// the pattern.
func (s Spec) CheckColumns(cols int) error {
	if s.Pattern.Structured() && cols%s.Pattern.Of != 0 {
		return fmt.Errorf("prune: %d columns are not a multiple of %d, as pattern %v needs: choose another, or leave such matrices out", cols, s.Pattern.Of, s.Pattern)
	}
	return nil
}

func (s Spec) quantises() bool { return s.Bits < 16 }
