package linalg

import (
	"fmt"
	"math"

	"sparsellm/asm"
)

// SaliencyThreshold returns the saliency (see Mask) that stands at index k, 0
// for the least, when those of all weights of w (rows × b) are sorted, and how
// many are at most that: k + 1, or more if others equal it. Of r (b × b) it
// reads the diagonal. NaN counts as greater than infinity, and of a threshold
// that is NaN there are 0 at most that. k must be in [0, rows·b).
//
// It finds two saliencies of a sample between which the answer almost surely
// lies (Floyd & Rivest 1975), and in one pass counts what is below and takes
// out what is between, to be selected from: the sample decides how long that
// takes, not what comes out.
func SaliencyThreshold[T Float](p *Pool, w, r Matrix[T], k int) (threshold T, atMost int) {
	n := w.Rows * w.Cols
	if k < 0 || k >= n || r.Rows != w.Cols {
		panic(fmt.Sprintf("linalg: SaliencyThreshold: index %d of %d × %d weights, factor of %d rows", k, w.Rows, w.Cols, r.Rows))
	}
	work := borrow[T](w.Cols + n)
	defer work.giveBack()
	b := &bracket[T]{w: w, d2: work.data[:w.Cols], between: work.data[w.Cols:]}
	for j := range b.d2 {
		b.d2[j] = r.At(j, j) * r.At(j, j)
	}
	if n <= soloWork/16 {
		p = nil
	}
	lo, hi := b.sample(k)
	below, between := b.pass(p, lo, hi)
	if k < below || k >= below+between {
		if below, between = b.pass(p, 0, T(math.Inf(1))); k >= between {
			return T(math.NaN()), 0
		}
	}
	threshold, atMost = Nth(b.between[:between], k-below), below
	for _, s := range b.between[:between] {
		atMost += truth(s <= threshold)
	}
	return threshold, atMost
}

// bracket looks for the saliencies of w between two values.
type bracket[T Float] struct {
	w       Matrix[T]
	d2      []T // squares of R's diagonal
	between []T // what was found, in no order; room for all
}

// bracketSample is how many weights stand for one of the sample: with few the
// bracket is wide, with many the sample takes long.
const bracketSample = 48

// sample returns the bracket in which index k lies unless the sample is 3
// standard deviations off.
func (b *bracket[T]) sample(k int) (lo, hi T) {
	n := b.w.Rows * b.w.Cols
	m := n / bracketSample
	s := b.between[:0]
	for i := range m {
		// Somewhere in each run of weights, or columns would be left out.
		at := i*bracketSample + i*31%bracketSample
		j := at % b.w.Cols
		v := b.w.At(at/b.w.Cols, j)
		if v = v * v / b.d2[j]; v == v {
			s = append(s, v)
		}
	}
	at := int(float64(k) / float64(n) * float64(m))
	margin := int(1.5*math.Sqrt(float64(m))) + 1
	hi = T(math.Inf(1))
	if at+margin < len(s) {
		hi = Nth(s, at+margin)
		s = s[:at+margin]
	}
	if at >= margin && at-margin < len(s) {
		lo = Nth(s, at-margin)
	}
	return lo, hi
}

// pass counts the saliencies below lo, and puts those in [lo, hi] into
// between.
func (b *bracket[T]) pass(p *Pool, lo, hi T) (below, between int) {
	const rows = 64
	type count struct{ below, between int }
	chunks := ceilDiv(b.w.Rows, rows)
	counts := make([]count, chunks)
	p.For(chunks, func(c int) {
		out := b.between[c*rows*b.w.Cols:]
		var sum count
		for i := c * rows; i < min((c+1)*rows, b.w.Rows); i++ {
			under, in := asm.SaliencyBetween(out[sum.between:], b.w.Row(i), b.d2, lo, hi)
			sum.below += under
			sum.between += in
		}
		counts[c] = sum
	})
	for c, n := range counts {
		copy(b.between[between:], b.between[c*rows*b.w.Cols:][:n.between])
		below += n.below
		between += n.between
	}
	return below, between
}

// Nth returns the element that stands at index k once x, without a NaN, is
// sorted; none before that index is then greater and none after it less
// (Hoare 1961).
func Nth[T Float](x []T, k int) T {
	for len(x) > 1 {
		// The median of three keeps sorted input from being the worst.
		a, b, c := x[0], x[len(x)/2], x[len(x)-1]
		pivot := max(min(a, b), min(max(a, b), c))
		less := 0
		for j, v := range x {
			x[j] = x[less]
			x[less] = v
			less += truth(v < pivot)
		}
		if k < less {
			x = x[:less]
			continue
		}
		x, k = x[less:], k-less
		equal := 0
		for j, v := range x {
			x[j] = x[equal]
			x[equal] = v
			equal += truth(v <= pivot)
		}
		if k < equal || equal == 0 { // a NaN equals nothing
			return pivot
		}
		x, k = x[equal:], k-equal
	}
	return x[0]
}

// ZeroSmallest zeroes the k elements of w whose scores, none a NaN, are least,
// the earlier ones where scores are equal. space is as long as they are, and
// left with any values.
func ZeroSmallest[T Float](w, scores, space []T, k int) {
	if k <= 0 {
		return
	}
	threshold := Nth(space[:copy(space, scores)], k-1)
	ties := k
	for _, s := range scores {
		ties -= truth(s < threshold)
	}
	w = w[:len(scores)]
	for i, s := range scores {
		drop := truth(s < threshold)
		if s == threshold && ties > 0 {
			ties--
			drop = 1
		}
		w[i] = [2]T{w[i], 0}[drop&1]
	}
}

// truth returns 1 if b, without a branch: of values in no order a branch would
// be foreseen wrongly half of the time, and cost more than all the rest.
func truth(b bool) (one int) {
	if b {
		one = 1
	}
	return one
}
