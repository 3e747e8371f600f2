package asm

import "math"

// The exponential: with n = round(x·log₂e) and r = x − n·ln 2, |r| ≤ ½ ln 2,
//
//	exp(x) = 2ⁿ·(1 + r + r²·P(r))
//
// where P, of degree 4, is the minimax approximation of (eʳ − 1 − r)/r² for
// the relative error of the whole, 3.8e-9 with coefficients in float32. ln 2
// is split (Cody & Waite 1980) so that n times its upper part is exact. 2ⁿ is
// multiplied in two halves, so that overflow and subnormal results round once.
const (
	expMax   = 89   // overflows
	expMin   = -104 // less than half the least subnormal
	log2e    = 0x1.715476p+0
	expMagic = 0x1.8p23 // added, it leaves a rounded integer in the lower bits
	ln2Hi    = 0x1.63p-1
	ln2Lo    = -0x1.bd0106p-13
	exp0     = 0x1.fffffcp-2
	exp1     = 0x1.555492p-3
	exp2     = 0x1.5558f2p-5
	exp3     = 0x1.1239ep-7
	exp4     = 0x1.6a243ap-10
)

var negInf = float32(math.Inf(-1))

// exp32 is the exponential that every tier computes, operation by operation.
// A conversion around a product keeps the compiler from fusing it.
func exp32(x float32) float32 { return expReduced(reduce(x)) }

// expSum32 is exp(x + low) for a low that is far smaller than x, or than 1.
func expSum32(x, low float32) float32 {
	t, r := reduce(x)
	return expReduced(t, r+low)
}

// reduce returns r = x − n·ln 2, and n in the lower bits of t.
func reduce(x float32) (t, r float32) {
	if x > expMax {
		x = expMax
	}
	if x < expMin {
		x = expMin
	}
	t = float32(x*log2e) + expMagic
	n := t - expMagic
	r = x - float32(n*ln2Hi)
	r -= float32(n * ln2Lo)
	return t, r
}

func expReduced(t, r float32) float32 {
	p := float32(r*exp4) + exp3
	p = float32(p*r) + exp2
	p = float32(p*r) + exp1
	p = float32(p*r) + exp0
	p = float32(p*float32(r*r)) + r
	p += 1
	k := int32(math.Float32bits(t) - math.Float32bits(expMagic))
	half := k >> 1
	p *= math.Float32frombits(uint32(half+127) << 23)
	return p * math.Float32frombits(uint32(k-half+127)<<23)
}

// exp is exp32, or math.Exp in float64.
func exp[T Float](x T) T {
	if single[T]() {
		return T(exp32(float32(x)))
	}
	return T(math.Exp(float64(x)))
}

// sigmoid is 1/(1+exp(-x)).
func sigmoid[T Float](x T) T { return 1 / (1 + exp(-x)) }

func maxLanesGeneric(top *laneSums, x []float32) {
	for i, v := range x {
		if v > top[i%lanes] {
			top[i%lanes] = v
		}
	}
}

func expSumGeneric(sum *laneSums, dst, x []float32, top float32) {
	for i, v := range x {
		e := exp32(v - top)
		dst[i] = e
		sum[i%lanes] += e
	}
}

func scaleGeneric(a float32, x []float32) {
	for i := range x {
		x[i] *= a
	}
}

func swiGLUGeneric[T Float](dst, gate, up []T) {
	for i, g := range gate {
		dst[i] = T(g/(1+exp(-g))) * up[i]
	}
}
