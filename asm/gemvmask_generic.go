package asm

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// eachKept calls f for the columns that a row's mask marks, in order.
func eachKept(mask []byte, words int, f func(col int)) {
	for i := range words {
		for m := binary.LittleEndian.Uint64(mask[8*i:]); m != 0; m &= m - 1 {
			f(i*MaskColumns + bits.TrailingZeros64(m))
		}
	}
}

func gemvMaskQ8Generic(dst []float32, mask, values []byte, scales []uint16, x *Activations, words int) {
	const perGroup = Group / Block
	next := 0
	products := make([]int32, 8*len(x.Scale))
	for r := range dst {
		clear(products)
		eachKept(mask[8*words*r:], words, func(col int) {
			products[col/4] += int32(int8(values[next])) * int32(x.Q[col])
			next++
		})
		var s [16]float32
		for g := range (2*words + perGroup - 1) / perGroup {
			var t [16]float32
			for b := g * perGroup; b < (g+1)*perGroup; b++ {
				for j, p := range products[8*b:][:8] {
					t[b%2*8+j] = fma(float32(p), x.Scale[b], t[b%2*8+j])
				}
			}
			scale := halfValue(scales[g*PanelRows+r])
			for l := range s {
				s[l] = fma(t[l], scale, s[l])
			}
		}
		dst[r] = byHalves(s[:])
	}
}

func gemvMaskF16Generic(dst []float32, mask, values []byte, x []float32, words int) {
	gemvMaskGeneric(dst, mask, values, x, words, f16At)
}

func gemvMaskBF16Generic(dst []float32, mask, values []byte, x []float32, words int) {
	gemvMaskGeneric(dst, mask, values, x, words, bf16At)
}

func gemvMaskF32Generic(dst []float32, mask, values []byte, x []float32, words int) {
	gemvMaskGeneric(dst, mask, values, x, words, f32At)
}

// gemvMaskGeneric sums the products of columns that are alike modulo 32, and
// adds those sums up by halves.
func gemvMaskGeneric(dst []float32, mask, values []byte, x []float32, words int, at func(values []byte, i int) float32) {
	next := 0
	for r := range dst {
		var s [32]float32
		eachKept(mask[8*words*r:], words, func(col int) {
			s[col%32] += float32(at(values, next) * x[col])
			next++
		})
		dst[r] = byHalves(s[:])
	}
}

// f16At, bf16At and f32At return element i of little-endian numbers.

func f16At(b []byte, i int) float32 { return halfValue(binary.LittleEndian.Uint16(b[2*i:])) }

func bf16At(b []byte, i int) float32 {
	return math.Float32frombits(uint32(binary.LittleEndian.Uint16(b[2*i:])) << 16)
}

func f32At(b []byte, i int) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
}
