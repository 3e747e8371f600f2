package asm

import (
	"fmt"
	"math"
)

// Sizes of quantised operands. An activation block has a scale of its own,
// since activations have outliers; weights have one per row and group.
const (
	PanelRows = 16  // rows of weights that lie side by side
	Block     = 32  // columns that share a scale of the activations
	Group     = 128 // columns of a row that share a scale of the weights
)

// Activations is one token's vector of activations in whole blocks of 8-bit
// integers: element i is Q[i]·Scale[i/Block]. Q is padded by zeros to whole
// groups. NewActivations makes it.
type Activations struct {
	Q     []int8    // -127..127, whole groups
	Scale []float32 // per block: the greatest magnitude / 127
	Sum   []int32   // per block: ΣQ

	abs  []int8    // |Q|
	wide []float32 // each of Scale eight times
}

// NewActivations returns room for n activations.
func NewActivations(n int) *Activations {
	n = (n + Group - 1) / Group * Group
	return &Activations{
		Q: make([]int8, n), Scale: make([]float32, n/Block), Sum: make([]int32, n/Block),
		abs: make([]int8, n), wide: make([]float32, n/Block*8),
	}
}

// tiniest is the least magnitude that a block is quantised for: below, 127
// divided by it would overflow. No model's activations matter there.
const tiniest = 0x1p-100

// Quantize rounds x to a, to nearest with ties to even, block by block. A block
// without magnitude has scale 0. One that holds NaN or infinity has scale
// NaN, and so has what is computed with it. The same bits in every tier.
func Quantize(a *Activations, x []float32) {
	if len(a.Q) < len(x) {
		panic(fmt.Sprintf("asm: Quantize: %d activations into %d", len(x), len(a.Q)))
	}
	n := whole[float32](len(x), Block)
	if n > 0 && quantize(a, &x[0], n) >= math.Float32bits(inf) {
		n = 0
	}
	quantizeGeneric(a, x, n/Block)
}
