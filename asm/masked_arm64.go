//go:build !noasm

package asm

func saliencyBetween[T Float](dst, w, d2 []T, lo, hi T) (below, between int) {
	return saliencyBetweenGeneric(dst, w, d2, lo, hi)
}

// The stubs are the loops in the comments of SolveMasked, MaskBelow and
// MaskLeast, with nr = 12, and fused negative multiply-adds in the first.

//go:noescape
func solveMasked32(s, m int, w, err, r *float32, rs int, mask *uint32)

//go:noescape
func maskBelow32(mask *uint32, w, d2 *float32, n int, threshold float32)

//go:noescape
func maskLeast32(mask *uint32, w, d2 *float32, n, zeros int, scratch *float32)
