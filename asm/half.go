package asm

// halfLanes is the number of elements that the kernels of this file take at a
// time.
const halfLanes = 8

// F16ToF32 converts half-precision numbers (IEEE 754 binary16), which is
// exact; a signalling NaN becomes quiet. dst and src are of one length.
func F16ToF32(dst []float32, src []uint16) {
	mustMatch("F16ToF32", len(dst), len(src))
	n := whole[float32](len(src), halfLanes)
	if n > 0 {
		f16ToF32(&dst[0], &src[0], n)
	}
	f16ToF32Generic(dst[n:], src[n:])
}

// F32ToF16 rounds to half precision, to nearest with ties to even: from 65520
// up to infinity, and gradually below 2⁻¹⁴. A NaN stays one, made quiet, with
// the upper bits of its payload. dst and src are of one length.
func F32ToF16(dst []uint16, src []float32) {
	mustMatch("F32ToF16", len(dst), len(src))
	n := whole[float32](len(src), halfLanes)
	if n > 0 {
		f32ToF16(&dst[0], &src[0], n)
	}
	f32ToF16Generic(dst[n:], src[n:])
}

// BF16ToF32 converts bfloat16 numbers, the upper halves of float32s. dst and
// src are of one length.
func BF16ToF32(dst []float32, src []uint16) {
	mustMatch("BF16ToF32", len(dst), len(src))
	n := whole[float32](len(src), halfLanes)
	if n > 0 {
		bf16ToF32(&dst[0], &src[0], n)
	}
	bf16ToF32Generic(dst[n:], src[n:])
}

// F32ToBF16 rounds to bfloat16, to nearest with ties to even. A NaN stays one,
// made quiet, with the upper bits of its payload. dst and src are of one
// length.
func F32ToBF16(dst []uint16, src []float32) {
	mustMatch("F32ToBF16", len(dst), len(src))
	n := whole[float32](len(src), halfLanes)
	if n > 0 {
		f32ToBF16(&dst[0], &src[0], n)
	}
	f32ToBF16Generic(dst[n:], src[n:])
}
