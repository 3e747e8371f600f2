package asm

// lanes is the number of running sums in which a routine of this file adds up
// a slice: lane i takes the elements whose index is i mod lanes, and the lanes
// are added in pairs at the end. So a sum is the same, bit for bit, in every
// tier. Neither these routines nor those of gate.go fuse a multiplication with
// an addition, in any tier, for the same end.
const lanes = 16

type laneSums [lanes]float32

func (s *laneSums) total() float32 { return byHalves(s[:]) }

// whole returns how many of n elements of type T the kernels of vectors, which
// take groups of float32, can do. The loops in Go, which round alike, do the
// rest.
func whole[T Float](n, group int) int {
	if tier == Generic || !single[T]() {
		return 0
	}
	return n &^ (group - 1)
}

// Max returns the greatest element of x, −Inf for none. NaN counts for nothing.
func Max(x []float32) float32 {
	var top laneSums
	for i := range top {
		top[i] = negInf
	}
	n := whole[float32](len(x), lanes)
	if n > 0 {
		maxLanes(&top, &x[0], n)
	}
	maxLanesGeneric(&top, x[n:])
	m := top[0]
	for _, v := range top[1:] {
		m = max(m, v)
	}
	return m
}

// ExpSum computes dst[i] = exp(x[i] − top) and returns their sum. The
// exponential is within 1 ulp of the true one, from overflow to the least
// subnormal number; the difference is rounded before. dst may be x.
func ExpSum(dst, x []float32, top float32) float32 {
	mustMatch("ExpSum", len(dst), len(x))
	var sum laneSums
	if tier == Generic {
		expSumGeneric(&sum, dst, x, top)
		return sum.total()
	}
	n := whole[float32](len(x), lanes)
	if n > 0 {
		expSum(&sum, &dst[0], &x[0], n, top)
	}
	if n < len(x) { // the loop in Go takes long: fill up a group
		var group laneSums
		for i := copy(group[:], x[n:]); i < lanes; i++ {
			group[i] = negInf // adds 0
		}
		expSum(&sum, &group[0], &group[0], lanes, top)
		copy(dst[n:], group[:])
	}
	return sum.total()
}

// Scale computes x[i] = a*x[i].
func Scale(a float32, x []float32) {
	n := whole[float32](len(x), lanes)
	if n > 0 {
		scale(a, &x[0], n)
	}
	scaleGeneric(a, x[n:])
}

// SwiGLU computes dst[i] = silu(gate[i])*up[i], silu(g) = g/(1+exp(-g)), in
// float32 within 3 ulp where neither exp(-g) nor a result leaves the normal
// numbers. dst may be gate or up.
func SwiGLU[T Float](dst, gate, up []T) {
	mustMatch("SwiGLU", len(dst), len(gate), len(up))
	n := whole[T](len(gate), lanes)
	if n > 0 {
		swiGLU(at32(dst), at32(gate), at32(up), n)
	}
	swiGLUGeneric(dst[n:], gate[n:], up[n:])
}

func mustMatch(routine string, lengths ...int) {
	for _, n := range lengths {
		if n != lengths[0] {
			panic("asm: " + routine + ": lengths differ")
		}
	}
}
