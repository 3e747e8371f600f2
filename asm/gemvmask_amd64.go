//go:build !noasm

package asm

import "math/bits"

// The tables by which eight bits of a mask spread the next kept weights to their
// columns; an index that is too great for a shuffle gives 0.
var (
	// spread8 has controls of 16 bytes: by the lower eight bits of a mask, with
	// their count in the upper half, and then by the upper, in the upper half. The
	// sum of two spreads sixteen bytes.
	spread8 [2][256][16]uint8
	// spread16 spreads eight float16s.
	spread16 [256][16]uint8
	// spreadBF16 spreads eight bfloat16s to the upper halves of float32s.
	spreadBF16 [256][32]uint8
	// spread32 has the positions of eight float32s, negative where there is none.
	spread32 [256][8]int32
)

func init() {
	const none = 0x80
	for m := range 256 {
		n := uint8(0)
		for i := range 8 {
			if m>>i&1 == 0 {
				spread8[0][m][i], spread8[1][m][8+i] = none, none
				spread16[m][2*i], spread16[m][2*i+1] = none, none
				for k := range 4 {
					spreadBF16[m][4*i+k] = none
				}
				spread32[m][i] = -1
				continue
			}
			spread8[0][m][i], spread8[1][m][8+i] = n, n
			spread16[m][2*i], spread16[m][2*i+1] = 2*n, 2*n+1
			spreadBF16[m][4*i], spreadBF16[m][4*i+1] = none, none
			spreadBF16[m][4*i+2], spreadBF16[m][4*i+3] = 2*n, 2*n+1
			spread32[m][i] = int32(n)
			n++
		}
		for i := range 8 {
			spread8[0][m][8+i] = uint8(bits.OnesCount8(uint8(m)))
		}
	}
}

func gemvMaskQ8(dst []float32, mask, values []byte, scales []uint16, x *Activations, words int) {
	switch {
	case tier == AVX512 && hasVBMI2:
		gemvMaskQ8AVX512VBMI2(&dst[0], &mask[0], &values[0], &scales[0], &x.Q[0], &x.wide[0], len(dst), words)
	case tier >= AVX2:
		gemvMaskQ8AVX2(&dst[0], &mask[0], &values[0], &scales[0], &x.Q[0], &x.abs[0], &x.wide[0], len(dst), words)
	default:
		gemvMaskQ8Generic(dst, mask, values, scales, x, words)
	}
}

func gemvMaskF16(dst []float32, mask, values []byte, x []float32, words int) {
	switch {
	case tier == AVX512 && hasVBMI2:
		gemvMaskF16AVX512VBMI2(&dst[0], &mask[0], &values[0], &x[0], len(dst), words)
	case tier == AVX512:
		gemvMaskF16AVX512(&dst[0], &mask[0], &values[0], &x[0], len(dst), words)
	case tier == AVX2:
		gemvMaskF16AVX2(&dst[0], &mask[0], &values[0], &x[0], len(dst), words)
	default:
		gemvMaskF16Generic(dst, mask, values, x, words)
	}
}

func gemvMaskBF16(dst []float32, mask, values []byte, x []float32, words int) {
	switch {
	case tier == AVX512 && hasVBMI2:
		gemvMaskBF16AVX512VBMI2(&dst[0], &mask[0], &values[0], &x[0], len(dst), words)
	case tier == AVX512:
		gemvMaskBF16AVX512(&dst[0], &mask[0], &values[0], &x[0], len(dst), words)
	case tier == AVX2:
		gemvMaskBF16AVX2(&dst[0], &mask[0], &values[0], &x[0], len(dst), words)
	default:
		gemvMaskBF16Generic(dst, mask, values, x, words)
	}
}

func gemvMaskF32(dst []float32, mask, values []byte, x []float32, words int) {
	switch tier {
	case AVX512:
		gemvMaskF32AVX512(&dst[0], &mask[0], &values[0], &x[0], len(dst), words)
	case AVX2:
		gemvMaskF32AVX2(&dst[0], &mask[0], &values[0], &x[0], len(dst), words)
	default:
		gemvMaskF32Generic(dst, mask, values, x, words)
	}
}

// Each stub is the generic function of its name, for rows and words that are
// not 0. Sums of float32s are fused, and those of columns alike modulo 32.

//go:noescape
func gemvMaskQ8AVX2(dst *float32, mask, values *byte, scales *uint16, q, abs *int8, wide *float32, rows, words int)

//go:noescape
func gemvMaskQ8AVX512VBMI2(dst *float32, mask, values *byte, scales *uint16, q *int8, wide *float32, rows, words int)

//go:noescape
func gemvMaskF16AVX2(dst *float32, mask, values *byte, x *float32, rows, words int)

//go:noescape
func gemvMaskF16AVX512VBMI2(dst *float32, mask, values *byte, x *float32, rows, words int)

//go:noescape
func gemvMaskF16AVX512(dst *float32, mask, values *byte, x *float32, rows, words int)

//go:noescape
func gemvMaskBF16AVX2(dst *float32, mask, values *byte, x *float32, rows, words int)

//go:noescape
func gemvMaskBF16AVX512VBMI2(dst *float32, mask, values *byte, x *float32, rows, words int)

//go:noescape
func gemvMaskBF16AVX512(dst *float32, mask, values *byte, x *float32, rows, words int)

//go:noescape
func gemvMaskF32AVX2(dst *float32, mask, values *byte, x *float32, rows, words int)

//go:noescape
func gemvMaskF32AVX512(dst *float32, mask, values *byte, x *float32, rows, words int)
