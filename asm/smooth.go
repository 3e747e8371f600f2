package asm

import "math"

// Smooth is an activation φ(x) = x·F(x) whose F rises smoothly from 0 to 1: the
// logistic F(x) = σ(x(a + bx²)), or the normal distribution's F = Φ. φ falls from
// 0 to its least value, somewhat below x = 0, rises from there on, and ends as x
// itself.
type Smooth struct {
	normal bool
	a, b   float64 // of the logistic one
	table
}

// table is what the kernels read, in this order.
type table struct {
	split  split
	pieces [pieces]piece
}

// split is a and b, each as the sum of two float32, and multiples of b.
type split struct{ a, aLow, b, bLow, b3, b6 float32 }

// pieces is of how many lines StepSmooth takes φ to consist at first.
const pieces = 9

// piece is φ(x) ≈ at0 + slope·x for from ≤ x ≤ to.
type piece struct{ from, to, at0, slope float32 }

// The smooth activations. Where GELUTanh is σ here it is usually written with
// tanh: (1 + tanh u)/2 = σ(2u), u = √(2/π)·(x + 0.044715x³).
var (
	SiLU      = newSmooth(Smooth{a: 1}, -6, -4, -2.6, -1.28, -0.4, 0.5, 1.5, 4)
	QuickGELU = newSmooth(Smooth{a: 1.702}, -3.5, -2.35, -1.53, -0.75, -0.235, 0.29, 0.88, 2.35)
	GELUTanh  = newSmooth(Smooth{a: 2 * sqrt2ByPi, b: 2 * sqrt2ByPi * 0.044715}, -3, -2.1, -1.5, -0.75, -0.2, 0.3, 0.9, 2.2)
	GELU      = newSmooth(Smooth{normal: true}, -3, -2.1, -1.5, -0.75, -0.2, 0.3, 0.9, 2.2)
)

const sqrt2ByPi = math.Sqrt2 / (math.SqrtPi)

// newSmooth completes f, whose lines meet at knots: the first has φ = 0, the
// last φ = x.
func newSmooth(f Smooth, knots ...float64) *Smooth {
	f.split = split{a: float32(f.a), b: float32(f.b), b3: float32(3 * f.b), b6: float32(6 * f.b)}
	f.split.aLow, f.split.bLow = float32(f.a-float64(f.split.a)), float32(f.b-float64(f.split.b))
	from, value := math.Inf(-1), 0.0
	for i, to := range append(knots, math.Inf(1)) {
		next, _, _ := f.at64(to)
		line := piece{from: float32(from), to: float32(to)}
		switch i {
		case 0:
			next = 0
		case len(knots):
			line.slope = 1
		default:
			if i == len(knots)-1 {
				next = to
			}
			slope := (next - value) / (to - from)
			line.at0, line.slope = float32(value-slope*from), float32(slope)
		}
		f.pieces[i] = line
		from, value = to, next
	}
	return &f
}

// Activate computes dst[i] = φ(x[i])·up[i], and φ(x[i]) where up is nil. In
// float32 φ is within 7 ulp where it is a normal number. dst may be x or up.
func Activate[T Float](f *Smooth, dst, x, up []T) {
	mustMatch("Activate", len(dst), len(x))
	if up != nil {
		mustMatch("Activate", len(dst), len(up))
	}
	if dst, ok := any(dst).([]float32); ok {
		activate(f, dst, any(x).([]float32), any(up).([]float32))
		return
	}
	activateGeneric(f, dst, x, up)
}

// StepSmooth moves t[i] to where
//
//	cost(t) = alpha*(t-m[i])² + gamma*(p[i]-w[i]*φ(t))²
//
// is least, w being 1 where it is nil. It starts at the least cost with φ made of
// straight lines, the exact minimum of which is the best of those on each line;
// from there Newton's steps lower the cost itself:
//
//	step := cost'(t)/cost''(t), or Gauss–Newton's where cost'' is below a quarter
//	        of its second derivative
//	for range 4 {
//		if cost(t-step) < cost(t) {
//			t -= step // and its own step next
//		} else {
//			step /= 4
//		}
//	}
//
// The best of all that were tried is taken, t[i] as it was among them: no cost
// rises.
func StepSmooth[T Float](f *Smooth, t, p, m, w []T, alpha, gamma T) {
	mustMatch("StepSmooth", len(t), len(p), len(m))
	if w != nil {
		mustMatch("StepSmooth", len(t), len(w))
	}
	if t, ok := any(t).([]float32); ok {
		stepSmooth(f, t, any(p).([]float32), any(m).([]float32), any(w).([]float32), float32(alpha), float32(gamma))
		return
	}
	stepSmoothGeneric(f, t, p, m, w, alpha, gamma)
}

// ones are the factors of a kernel where the caller has none.
var ones = [lanes]float32{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}

// factors returns the first of x and the bytes from one vector of so many bytes
// to the next, or ones and no bytes where x is nil.
func factors(x []float32, vector int) (first *float32, step int) {
	if x == nil {
		return &ones[0], 0
	}
	return &x[0], vector
}

// tail returns x from n on, or nil where it is nil.
func tail(x []float32, n int) []float32 {
	if x == nil {
		return nil
	}
	return x[n:]
}
