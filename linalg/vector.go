package linalg

import (
	"math"
	"slices"

	"sparsellm/asm"
)

// Softmax replaces x by exp(x − max x)/Σ exp(x − max x). x must not be empty.
func Softmax[T Float](x []T) {
	if s, ok := any(x).([]float32); ok {
		asm.Scale(1/asm.ExpSum(s, s, asm.Max(s)), s)
		return
	}
	top := x[0]
	for _, v := range x {
		top = max(top, v)
	}
	var sum T
	for i, v := range x {
		x[i] = T(math.Exp(float64(v - top)))
		sum += x[i]
	}
	for i := range x {
		x[i] /= sum
	}
}

// Max returns the greatest element of x, which must not be empty; NaN counts for
// nothing.
func Max[T Float](x []T) T {
	if s, ok := any(x).([]float32); ok {
		return T(asm.Max(s))
	}
	top := T(math.Inf(-1))
	for _, v := range x {
		if v > top {
			top = v
		}
	}
	return top
}

// ArgMax returns where the first of the greatest elements of x is, which must not
// be empty; NaN counts for nothing.
func ArgMax[T Float](x []T) int {
	const part = 4096 // is looked through again, in the cache
	best, from := T(math.Inf(-1)), 0
	for at := 0; at < len(x); at += part {
		if m := Max(x[at:min(at+part, len(x))]); m > best {
			best, from = m, at
		}
	}
	return from + max(0, slices.Index(x[from:], best)) // not there: all are NaN
}

// LogSumExp returns log Σ exp(x), without overflow. x must not be empty.
func LogSumExp[T Float](x []T) float64 {
	if s, ok := any(x).([]float32); ok {
		var sum float64
		var e [512]float32
		top := asm.Max(s)
		for len(s) > 0 {
			n := min(len(s), len(e))
			sum += float64(asm.ExpSum(e[:n], s[:n], top))
			s = s[n:]
		}
		return float64(top) + math.Log(sum)
	}
	top := x[0]
	for _, v := range x {
		top = max(top, v)
	}
	var sum float64
	for _, v := range x {
		sum += math.Exp(float64(v - top))
	}
	return float64(top) + math.Log(sum)
}

// SwiGLU computes dst = silu(gate)∘up, silu(g) = g/(1 + e⁻ᵍ). All are of one
// length; dst may be gate or up.
func SwiGLU[T Float](dst, gate, up []T) { asm.SwiGLU(dst, gate, up) }

// Dot returns Σ a∘b, summed in float64 in a fixed order: in several running
// sums, since one would wait for each addition. b is as long as a, or longer.
func Dot[A, B Float](a []A, b []B) float64 {
	b = b[:len(a)]
	if x, ok := any(a).([]float32); ok {
		if y, ok := any(b).([]float32); ok {
			return asm.Dot(x, y)
		}
	}
	var s [4]float64
	j := 0
	for ; j+3 < len(a); j += 4 {
		s[0] += float64(a[j]) * float64(b[j])
		s[1] += float64(a[j+1]) * float64(b[j+1])
		s[2] += float64(a[j+2]) * float64(b[j+2])
		s[3] += float64(a[j+3]) * float64(b[j+3])
	}
	for ; j < len(a); j++ {
		s[0] += float64(a[j]) * float64(b[j])
	}
	return (s[0] + s[1]) + (s[2] + s[3])
}

// AddTo adds src to dst, which is as long, or longer.
func AddTo[T Float](dst []float64, src []T) {
	if s, ok := any(src).([]float32); ok {
		asm.AddTo(dst[:len(s)], s)
		return
	}
	for i, v := range src {
		dst[i] += float64(v)
	}
}
