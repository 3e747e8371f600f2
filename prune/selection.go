package prune

import (
	"math"
	"slices"

	"sparsellm/linalg"
)

// selection is a choice of the weights of a matrix to zero: the smallest ones.
type selection[T linalg.Float] struct {
	rows, cols int
	zeroed     []bool // row after row
	scores     []T
	counts     []uint32 // nil if there are few scores
	// forced, rows × cols, is zero where weights go whatever they are; such
	// weights count among those to zero. A matrix of no rows forces nothing.
	forced linalg.Matrix[T]
}

func newSelection[T linalg.Float](rows, cols int) *selection[T] {
	s := &selection[T]{rows: rows, cols: cols, zeroed: make([]bool, rows*cols), scores: make([]T, rows*cols)}
	if rows*cols > fewScores {
		s.counts = make([]uint32, 1<<keyBits)
	}
	return s
}

// row returns which weights of row i are zeroed.
func (s *selection[T]) row(i int) []bool { return s.zeroed[i*s.cols:][:s.cols:s.cols] }

// smallest chooses the given share of w's weights. Under a pattern it leaves
// the p.Keep largest of every group alone, so that a share of the pattern's
// zeros is the pattern itself.
func (s *selection[T]) smallest(pool *linalg.Pool, w linalg.Matrix[T], p Pattern, share float64) {
	pool.For(s.rows, func(i int) {
		scores := s.scores[i*s.cols:][:s.cols]
		for j, v := range w.Row(i) {
			scores[j] = abs(v)
		}
		if s.forced.Rows > 0 {
			for j, v := range s.forced.Row(i) {
				if v == 0 {
					scores[j] = 0
				}
			}
		}
		if p.Structured() {
			spare(scores, p)
		}
	})
	// The nearest whole number below, but for a share that rounding put just
	// below one.
	k := int(share * float64(len(s.scores)) * (1 + 1e-12))
	s.least(pool, k)
	if s.forced.Rows > 0 { // of which there may be more
		pool.For(s.rows, func(i int) {
			zeroed := s.row(i)
			for j, v := range s.forced.Row(i) {
				zeroed[j] = zeroed[j] || v == 0
			}
		})
	}
}

// spare sets the scores of the p.Keep largest of every group to infinity.
func spare[T linalg.Float](scores []T, p Pattern) {
	var buf [256]T
	for g := 0; g < len(scores); g += p.Of {
		group := scores[g : g+p.Of]
		threshold, ties := T(-1), 0 // of those that equal the threshold the earlier ones are not spared
		if n := p.zeros(); n > 0 {
			sorted := buf[:copy(buf[:], group)]
			threshold = linalg.Nth(sorted, n-1)
			ties = n
			for _, v := range group {
				if v < threshold {
					ties--
				}
			}
		}
		for j, v := range group {
			switch {
			case v == threshold && ties > 0:
				ties--
			case v >= threshold:
				group[j] = T(math.Inf(1))
			}
		}
	}
}

// keyBits is the length of the keys by which least sorts scores roughly: the
// leading bits of a float64 after its sign, exponent and 8 bits of mantissa.
const keyBits = 19

// fewScores are as many as take less time to be selected from than a histogram
// takes to be cleared.
const fewScores = 1 << 13

func key[T linalg.Float](score T) uint64 { return math.Float64bits(float64(score)) >> (63 - keyBits) }

// around returns some scores, the one at index k - 1 in their order among them,
// and how many are below all of these.
func (s *selection[T]) around(k int) (within []T, below int) {
	if s.counts == nil {
		return slices.Clone(s.scores), 0
	}
	clear(s.counts)
	for _, v := range s.scores {
		s.counts[key(v)]++
	}
	bin := uint64(0)
	for ; below+int(s.counts[bin]) < k; bin++ {
		below += int(s.counts[bin])
	}
	for _, v := range s.scores {
		if key(v) == bin {
			within = append(within, v)
		}
	}
	return within, below
}

// least marks the k weights with the least scores, the earlier ones where
// scores are equal. Scores are not negative, so that their order is that of
// their bits: a histogram of the leading ones leaves few to be sorted.
func (s *selection[T]) least(pool *linalg.Pool, k int) {
	if k <= 0 {
		clear(s.zeroed)
		return
	}
	within, below := s.around(k)
	threshold := linalg.Nth(within, k-below-1)
	ties := k - below
	for _, v := range within {
		if v < threshold {
			ties--
		}
	}
	for i, v := range s.scores {
		s.zeroed[i] = v < threshold
		if v == threshold && ties > 0 {
			s.zeroed[i] = true
			ties--
		}
	}
}
