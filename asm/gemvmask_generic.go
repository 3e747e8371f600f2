package asm

import (
	"encoding/binary"
	"math"
	"math/bits"
)

func gemvMaskQ8Generic(dst []float32, mask, values []byte, scales []uint16, x *Activations, words int) {
	const perGroup = Group / MaskColumns
	next := 0
	for r := range dst {
		var s, t [16]float32
		for i := range words {
			var products [16]int32
			for m := binary.LittleEndian.Uint64(mask[8*(words*r+i):]); m != 0; m &= m - 1 {
				c := bits.TrailingZeros64(m)
				products[c/4] += int32(int8(values[next])) * int32(x.Q[i*MaskColumns+c])
				next++
			}
			for l, p := range products {
				t[l] = fma(float32(p), x.Scale[2*i+l/8], t[l])
			}
			if i%perGroup == perGroup-1 || i == words-1 {
				scale := halfValue(scales[i/perGroup*PanelRows+r])
				for l := range s {
					s[l] = fma(t[l], scale, s[l])
				}
				t = [16]float32{}
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

// gemvMaskGeneric sums the products of columns that are alike modulo sumColumns, and
// adds those sums up by halves.
func gemvMaskGeneric(dst []float32, mask, values []byte, x []float32, words int, at func(values []byte, i int) float32) {
	next := 0
	for r := range dst {
		var s [sumColumns]float32
		for i := range words {
			for m := binary.LittleEndian.Uint64(mask[8*(words*r+i):]); m != 0; m &= m - 1 {
				c := bits.TrailingZeros64(m)
				s[c%sumColumns] += float32(at(values, next) * x[i*MaskColumns+c])
				next++
			}
		}
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
