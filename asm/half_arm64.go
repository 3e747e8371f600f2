//go:build !noasm

package asm

// wholeHalves returns how many of n elements the kernels can do.
func wholeHalves(n int) int {
	if tier != NEON {
		return 0
	}
	return n &^ 7
}

func f16ToF32(dst []float32, src []uint16) {
	n := wholeHalves(len(src))
	if n > 0 {
		f16ToF32NEON(&dst[0], &src[0], n)
	}
	f16ToF32Generic(dst[n:], src[n:])
}

func f32ToF16(dst []uint16, src []float32) {
	n := wholeHalves(len(src))
	if n > 0 {
		f32ToF16NEON(&dst[0], &src[0], n)
	}
	f32ToF16Generic(dst[n:], src[n:])
}

func bf16ToF32(dst []float32, src []uint16) {
	n := wholeHalves(len(src))
	if n > 0 {
		bf16ToF32NEON(&dst[0], &src[0], n)
	}
	bf16ToF32Generic(dst[n:], src[n:])
}

func f32ToBF16(dst []uint16, src []float32) {
	n := wholeHalves(len(src))
	if n > 0 {
		f32ToBF16NEON(&dst[0], &src[0], n)
	}
	f32ToBF16Generic(dst[n:], src[n:])
}

// Each stub is the loop of the generic function of its name, for n elements, a
// multiple of 8 and not 0.

//go:noescape
func f16ToF32NEON(dst *float32, src *uint16, n int)

//go:noescape
func f32ToF16NEON(dst *uint16, src *float32, n int)

//go:noescape
func bf16ToF32NEON(dst *float32, src *uint16, n int)

//go:noescape
func f32ToBF16NEON(dst *uint16, src *float32, n int)
