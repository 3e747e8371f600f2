package model

import (
	"fmt"

	"sparsellm/linalg"
)

// Weight is the matrix of a linear, outputs × inputs, in whatever form it is
// held in memory.
type Weight[T linalg.Float] interface {
	// Outputs and Inputs are its rows and columns.
	Outputs() int
	Inputs() int
	// Apply computes dst ← x·Wᵀ for x, tokens × inputs, and dst, tokens ×
	// outputs.
	Apply(pool *linalg.Pool, dst, x linalg.Matrix[T])
	// Add computes dst ← dst + x·Wᵀ.
	Add(pool *linalg.Pool, dst, x linalg.Matrix[T])
}

// Group is a Weight that is applied together with others that read the same
// input, for less than one by one.
type Group[T linalg.Float] interface {
	Weight[T]
	// ApplyEach computes dsts[i] ← x·Wᵀ for each of the weights, itself among
	// them. It does nothing and returns false if some are of other kinds.
	ApplyEach(pool *linalg.Pool, weights []Weight[T], dsts []linalg.Matrix[T], x linalg.Matrix[T]) bool
}

// Dense is a Weight that holds every entry.
type Dense[T linalg.Float] struct{ linalg.Matrix[T] }

// Outputs implements Weight.
func (w Dense[T]) Outputs() int { return w.Rows }

// Inputs implements Weight.
func (w Dense[T]) Inputs() int { return w.Cols }

// Unpack implements RowWeight.
func (w Dense[T]) Unpack(output int, dst []T) { copy(dst, w.Row(output)) }

// Apply implements Weight.
func (w Dense[T]) Apply(pool *linalg.Pool, dst, x linalg.Matrix[T]) {
	linalg.Gemm(pool, linalg.NoTrans, linalg.Trans, 1, x, w.Matrix, 0, dst)
}

// Add implements Weight.
func (w Dense[T]) Add(pool *linalg.Pool, dst, x linalg.Matrix[T]) {
	linalg.Gemm(pool, linalg.NoTrans, linalg.Trans, 1, x, w.Matrix, 1, dst)
}

// Linear is one weight matrix of a block, y = W·x + b for a token's x; for
// activations with a row per token, Y = X·Wᵀ + b.
type Linear[T linalg.Float] struct {
	Name   string // within the block: "self_attn.q_proj"
	Slot   Slot   // of the weight in the checkpoint
	Weight Weight[T]
	Bias   []T // outputs, or nil
}

// Matrix returns the weight, outputs × inputs, whose entries may be changed. It
// panics if the weight is not Dense.
func (l *Linear[T]) Matrix() linalg.Matrix[T] {
	w, ok := l.Weight.(Dense[T])
	if !ok {
		panic(fmt.Sprintf("model: %s is no dense matrix but a %T", l.Name, l.Weight))
	}
	return w.Matrix
}

// Apply computes dst ← x·Wᵀ + b for x, tokens × inputs, and dst, tokens ×
// outputs.
func (l *Linear[T]) Apply(pool *linalg.Pool, dst, x linalg.Matrix[T]) {
	if l.Bias == nil {
		l.Weight.Apply(pool, dst, x)
		return
	}
	l.mustFit(dst)
	for t := range dst.Rows {
		copy(dst.Row(t), l.Bias)
	}
	l.Weight.Add(pool, dst, x)
}

// mostGrouped is how many linears read the same input at most: those of
// attention.
const mostGrouped = 3

// ApplyEach is Apply of each of up to three linears that read the same x.
func ApplyEach[T linalg.Float](pool *linalg.Pool, linears []*Linear[T], dsts []linalg.Matrix[T], x linalg.Matrix[T]) {
	var weights [mostGrouped]Weight[T]
	for i, l := range linears {
		weights[i] = l.Weight
	}
	group, ok := weights[0].(Group[T])
	ok = ok && group.ApplyEach(pool, weights[:len(linears)], dsts, x)
	for i, l := range linears {
		if !ok {
			l.Apply(pool, dsts[i], x)
		} else if l.Bias != nil {
			l.addBias(dsts[i])
		}
	}
}

// AddTo computes dst ← dst + x·Wᵀ + b.
func (l *Linear[T]) AddTo(pool *linalg.Pool, dst, x linalg.Matrix[T]) {
	if l.Bias != nil {
		l.addBias(dst)
	}
	l.Weight.Add(pool, dst, x)
}

func (l *Linear[T]) addBias(dst linalg.Matrix[T]) {
	l.mustFit(dst)
	for t := range dst.Rows {
		row := dst.Row(t)
		for i, b := range l.Bias {
			row[i] += b
		}
	}
}

func (l *Linear[T]) mustFit(dst linalg.Matrix[T]) {
	if len(l.Bias) != dst.Cols {
		panic(fmt.Sprintf("model: %s: bias of %d for %d outputs", l.Name, len(l.Bias), dst.Cols))
	}
}
