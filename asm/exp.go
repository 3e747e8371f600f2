package asm

// lanes is the number of running sums in which a routine of this file adds up
// a slice: lane i takes the elements whose index is i mod lanes, and the lanes
// are added in pairs at the end. So a sum is the same, bit for bit, in every
// tier. Neither these routines nor those of gate.go fuse a multiplication with
// an addition, in any tier, for the same end.
const lanes = 16

type laneSums [lanes]float32

func (s *laneSums) total() float32 { return byHalves(s[:]) }

// Max returns the greatest element of x, −Inf for none. NaN counts for nothing.
func Max(x []float32) float32 {
	var top laneSums
	for i := range top {
		top[i] = negInf
	}
	maxLanes(&top, x)
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
	mustMatch(len(dst), len(x), "ExpSum")
	var sum laneSums
	expSum(&sum, dst, x, top)
	return sum.total()
}

// Scale computes x[i] = a*x[i].
func Scale(a float32, x []float32) { scale(a, x) }

// SwiGLU computes dst[i] = silu(gate[i])*up[i], silu(g) = g/(1+exp(-g)), within
// 3 ulp where neither exp(-g) nor a result leaves the normal numbers. dst may
// be gate or up.
func SwiGLU(dst, gate, up []float32) {
	mustMatch(len(dst), len(gate), "SwiGLU")
	mustMatch(len(dst), len(up), "SwiGLU")
	swiGLU(dst, gate, up)
}
