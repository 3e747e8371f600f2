package pipeline

import (
	"math"

	"sparsellm/linalg"
	"sparsellm/prune"
)

// globalMagnitude finds the one threshold that zeroes the wanted share of all
// the selected weights of the model, and returns the method that prunes by
// it. It reads the blocks twice and holds no more than one at a time: a
// histogram of the upper halves of the weights' bits, then one of the lower
// halves of those whose upper half is the threshold's. The bits of positive
// floats are ordered as the floats are. Of the weights that equal the threshold,
// which are many where weights are of few bits, so many go as make up the share,
// the first ones.
func (r *run[T]) globalMagnitude() (prune.Method[T], error) {
	var upper, lower [1 << 16]int
	total := 0
	if err := r.eachSelected(func(_ int, w T) {
		upper[bits(w)>>16]++
		total++
	}); err != nil {
		return nil, err
	}
	left := int(float64(total) * r.opt.Spec.Sparsity) // how many are to go
	if left == 0 {
		return &smallest[T]{}, nil
	}
	top := uint32(0)
	for left > upper[top] {
		left -= upper[top]
		top++
	}
	var done [1 << 16]int // of these, in blocks that a resumed run has pruned
	if err := r.eachSelected(func(i int, w T) {
		if b := bits(w); b>>16 == top {
			lower[b&0xffff]++
			if r.opt.Resume != nil && i < r.opt.Resume.Next {
				done[b&0xffff]++
			}
		}
	}); err != nil {
		return nil, err
	}
	bottom := uint32(0)
	for left > lower[bottom] {
		left -= lower[bottom]
		bottom++
	}
	return &smallest[T]{threshold: top<<16 | bottom, ties: max(left-done[bottom], 0)}, nil
}

// bits returns those of |w| as a float32.
func bits[T linalg.Float](w T) uint32 { return math.Float32bits(float32(math.Abs(float64(w)))) }

// eachSelected calls f with every weight that is to be pruned, and its block.
func (r *run[T]) eachSelected(f func(block int, w T)) error {
	for i := r.opt.First; i < r.opt.End; i++ {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		b, err := r.model.Block(i)
		if err != nil {
			return err
		}
		selected, err := r.choose(i, b)
		if err != nil {
			return err
		}
		for _, l := range selected {
			eachWeight(l.Matrix(), func(w T) { f(i, w) })
		}
	}
	return nil
}

func eachWeight[T linalg.Float](m linalg.Matrix[T], f func(w T)) {
	for i := range m.Rows {
		for _, w := range m.Row(i) {
			f(w)
		}
	}
}

// smallest zeroes the weights whose magnitude is below a threshold, and the
// first that equal it.
type smallest[T linalg.Float] struct {
	threshold uint32 // bits
	ties      int    // of those that equal it, how many are still to go
}

// Prune implements prune.Method.
func (m *smallest[T]) Prune(_ *linalg.Pool, w linalg.Matrix[T], _ *prune.Hessian[T], _ prune.Spec) error {
	for i := range w.Rows {
		row := w.Row(i)
		for j, v := range row {
			b := bits(v)
			if b == m.threshold && m.ties > 0 {
				m.ties--
				row[j] = 0
			} else if b < m.threshold {
				row[j] = 0
			}
		}
	}
	return nil
}
