package packed

import (
	"cmp"
	"math"
	"slices"

	"sparsellm/asm"
)

// top is the greatest integer that a weight of quantised values may be.
func (v Values) top() int {
	if v == Q4 {
		return 7
	}
	return 127
}

// bottom is the least.
func (v Values) bottom() int {
	if v == Q4 {
		return -8
	}
	return -v.top()
}

// Scale returns the scale, a float16, for the weights of a group, which are
// finite: the least by which the greatest of them is within the grid, or, where
// all of them lie on the grid of some scale already, such a one. It is +Inf for
// weights that are too great.
func Scale(v Values, group []float32) float32 {
	var most float32
	for _, w := range group {
		most = max(most, abs(w))
	}
	if most == 0 {
		return 0
	}
	top := v.top()
	for k := -v.bottom(); k >= 1; k-- {
		s := most / float32(k)
		if !isHalf(s) {
			continue
		}
		for _, s := range []float32{s, -s} {
			if onGrid(v, s, group) {
				return s
			}
		}
	}
	s := half(most / float32(top))
	for s*(float32(top)+0.5) < most {
		s = halfAbove(s)
	}
	return s
}

// LeastScale returns the scale, perhaps smaller than Scale or negative, by which rounding the
// weights of a group loses least in all: of so coarse a grid as that of 4 bits a
// finer one is worth more than the greatest weights. (Not of embeddings, where
// those matter most.)
func LeastScale(v Values, group []float32) float32 {
	best := Scale(v, group)
	if v != Q4 || !finite(best) {
		return best
	}
	greatest := slices.MaxFunc(group, func(a, b float32) int { return cmp.Compare(abs(a), abs(b)) })
	least := lost(v, best, group)
	for k := 0; k <= 8 && least > 0; k++ {
		// Of either sign, since there is one integer more below zero than above.
		finer := half(greatest / float32(v.bottom()) * float32(20-k) / 20)
		if l := lost(v, finer, group); l < least {
			best, least = finer, l
		}
	}
	return best
}

// lost returns the sum of squares that rounding to the grid of a scale makes.
func lost(v Values, scale float32, group []float32) (sum float64) {
	for _, w := range group {
		d := float64(w) - float64(Round(v, scale, w))
		sum += d * d
	}
	return sum
}

// Round returns the number nearest to w on the grid of a scale.
func Round(v Values, scale, w float32) float32 { return float32(quantum(v, scale, w)) * scale }

// quantum returns which integer times scale is nearest to w, ties to even.
func quantum(v Values, scale, w float32) int {
	if scale == 0 {
		return 0
	}
	q := math.RoundToEven(float64(w) / float64(scale))
	return int(max(float64(v.bottom()), min(q, float64(v.top()))))
}

// onGrid reports whether all weights are an integer of the grid times scale.
func onGrid(v Values, scale float32, group []float32) bool {
	for _, w := range group {
		if w != 0 && Round(v, scale, w) != w {
			return false
		}
	}
	return true
}

func abs(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

// half returns x rounded to float16.
func half(x float32) float32 { return fromHalf(toHalf(x)) }

// isHalf reports whether x is a float16; most are found not to be by their bits.
func isHalf(x float32) bool {
	return (math.Float32bits(x)&0x1fff == 0 || x < 0x1p-14) && half(x) == x
}

// halfAbove returns the float16 after x, which is not negative.
func halfAbove(x float32) float32 { return fromHalf(toHalf(x) + 1) }

func toHalf(x float32) uint16 {
	var h [1]uint16
	asm.F32ToF16(h[:], []float32{x})
	return h[0]
}

func fromHalf(h uint16) float32 {
	var f [1]float32
	asm.F16ToF32(f[:], []uint16{h})
	return f[0]
}
