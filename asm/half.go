package asm

// F16ToF32 converts half-precision numbers (IEEE 754 binary16), which is
// exact; a signalling NaN becomes quiet. dst and src are of one length.
func F16ToF32(dst []float32, src []uint16) {
	mustMatch(len(dst), len(src), "F16ToF32")
	f16ToF32(dst, src)
}

// F32ToF16 rounds to half precision, to nearest with ties to even: from 65520
// up to infinity, and gradually below 2⁻¹⁴. A NaN stays one, made quiet, with
// the upper bits of its payload. dst and src are of one length.
func F32ToF16(dst []uint16, src []float32) {
	mustMatch(len(dst), len(src), "F32ToF16")
	f32ToF16(dst, src)
}

// BF16ToF32 converts bfloat16 numbers, the upper halves of float32s. dst and
// src are of one length.
func BF16ToF32(dst []float32, src []uint16) {
	mustMatch(len(dst), len(src), "BF16ToF32")
	bf16ToF32(dst, src)
}

// F32ToBF16 rounds to bfloat16, to nearest with ties to even. A NaN stays one,
// made quiet, with the upper bits of its payload. dst and src are of one
// length.
func F32ToBF16(dst []uint16, src []float32) {
	mustMatch(len(dst), len(src), "F32ToBF16")
	f32ToBF16(dst, src)
}

func mustMatch(n, m int, routine string) {
	if n != m {
		panic("asm: " + routine + ": lengths differ")
	}
}
