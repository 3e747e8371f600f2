//go:build !noasm

package asm

func solveMasked32(s, m int, w, err, r *float32, rs int, mask *uint32) {
	if tier == AVX512 {
		solveMasked32AVX512(s, m, w, err, r, rs, mask)
	} else {
		solveMasked32AVX2(s, m, w, err, r, rs, mask)
	}
}

func maskBelow32(mask *uint32, w, d2 *float32, n int, threshold float32) {
	if tier == AVX512 {
		maskBelow32AVX512(mask, w, d2, n, threshold)
	} else {
		maskBelow32AVX2(mask, w, d2, n, threshold)
	}
}

func maskLeast32(mask *uint32, w, d2 *float32, n, zeros int, scratch *float32) {
	if tier == AVX512 {
		maskLeast32AVX512(mask, w, d2, n, zeros, scratch)
	} else {
		maskLeast32AVX2(mask, w, d2, n, zeros, scratch)
	}
}

func saliencyBetween[T Float](dst, w, d2 []T, lo, hi T) (below, between int) {
	whole := 0
	if single[T]() && tier == AVX512 && len(w) >= 16 {
		whole = len(w) &^ 15
		below, between = saliencyBetween32AVX512(at32(dst), at32(w), at32(d2), whole, float32(lo), float32(hi))
	} else if single[T]() && tier == AVX2 && len(w) >= 8 {
		whole = len(w) &^ 7
		below, between = saliencyBetween32AVX2(at32(dst), at32(w), at32(d2), whole, float32(lo), float32(hi))
	}
	b, n := saliencyBetweenGeneric(dst[between:], w[whole:], d2[whole:], lo, hi)
	return below + b, between + n
}

// The stubs are the loops in the comments of SolveMasked, MaskBelow and
// MaskLeast, with nr = 32 for AVX-512 and 16 for AVX2, and fused negative
// multiply-adds in the first.

//go:noescape
func solveMasked32AVX512(s, m int, w, err, r *float32, rs int, mask *uint32)

//go:noescape
func solveMasked32AVX2(s, m int, w, err, r *float32, rs int, mask *uint32)

//go:noescape
func maskBelow32AVX512(mask *uint32, w, d2 *float32, n int, threshold float32)

//go:noescape
func maskBelow32AVX2(mask *uint32, w, d2 *float32, n int, threshold float32)

//go:noescape
func maskLeast32AVX512(mask *uint32, w, d2 *float32, n, zeros int, scratch *float32)

//go:noescape
func maskLeast32AVX2(mask *uint32, w, d2 *float32, n, zeros int, scratch *float32)

// saliencyBetween32AVX512 is the loop of SaliencyBetween for n elements, a
// multiple of 16 and not 0. What dst holds past the result is spoilt.
//
//go:noescape
func saliencyBetween32AVX512(dst, w, d2 *float32, n int, lo, hi float32) (below, between int)

// saliencyBetween32AVX2 is the same for a multiple of 8. It spoils nothing.
//
//go:noescape
func saliencyBetween32AVX2(dst, w, d2 *float32, n int, lo, hi float32) (below, between int)
