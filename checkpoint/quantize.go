package checkpoint

import (
	"encoding/binary"
	"math"

	"sparsellm/asm"
)

// quantBlock is how many elements share a scale.
const quantBlock = 32

// quantizeQ8_0 writes x, whole blocks of 32 finite numbers, to dst as blocks of
// Q8_0 (34 bytes each), the bytes of ggml's quantize_row_q8_0_ref. Zeros stay
// zeros. A block's scale, its largest magnitude over 127, is an infinity where
// float16 does not hold it.
func quantizeQ8_0(dst []byte, x []float32) {
	for ; len(x) > 0; dst, x = dst[34:], x[quantBlock:] {
		d := abs32(extreme(x[:quantBlock])) / 127
		putF16(dst, d)
		inverse := reciprocal(d)
		for i, v := range x[:quantBlock] {
			dst[2+i] = byte(int8(math.Round(float64(v * inverse)))) // halves away from zero, as C's roundf
		}
	}
}

// quantizeQ4_0 is quantizeQ8_0 for Q4_0 (18 bytes a block), whose scale is the
// element of the largest magnitude over −8: the bytes of ggml's
// quantize_row_q4_0_ref.
func quantizeQ4_0(dst []byte, x []float32) {
	for ; len(x) > 0; dst, x = dst[18:], x[quantBlock:] {
		d := extreme(x[:quantBlock]) / -8
		putF16(dst, d)
		inverse := reciprocal(d)
		level := func(v float32) byte { return byte(min(float32(v*inverse)+8.5, 15)) }
		for i := range quantBlock / 2 {
			dst[2+i] = level(x[i]) | level(x[i+quantBlock/2])<<4
		}
	}
}

// extreme returns the first element of the largest magnitude.
func extreme(x []float32) (m float32) {
	for _, v := range x {
		if abs32(v) > abs32(m) {
			m = v
		}
	}
	return m
}

func abs32(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

// reciprocal is 1/d, or 0 where float32 has none: then float16 does not hold d
// either, and the block is of zeros whatever its numbers.
func reciprocal(d float32) float32 {
	if r := 1 / d; abs32(r) <= math.MaxFloat32 {
		return r
	}
	return 0
}

func putF16(dst []byte, x float32) {
	var h [1]uint16
	asm.F32ToF16(h[:], []float32{x})
	binary.LittleEndian.PutUint16(dst, h[0])
}
