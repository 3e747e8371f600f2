//go:build !noasm

package asm

func solveMasked32(s, m int, w, err, r *float32, rs int, mask *uint32) {
	if tier == NEON {
		solveMasked32NEON(s, m, w, err, r, rs, mask)
		return
	}
	_, nr := gemmTile32()
	solveMaskedGeneric(s, m, nr, w, err, r, rs, mask)
}

func maskBelow32(mask *uint32, w, d2 *float32, n int, threshold float32) {
	if tier == NEON {
		maskBelow32NEON(mask, w, d2, n, threshold)
		return
	}
	_, nr := gemmTile32()
	maskBelowGeneric(mask, w, d2, n, nr, threshold)
}

func maskLeast32(mask *uint32, w, d2 *float32, n, zeros int, scratch *float32) {
	if tier == NEON {
		maskLeast32NEON(mask, w, d2, n, zeros, scratch)
		return
	}
	_, nr := gemmTile32()
	maskLeastGeneric(mask, w, d2, n, nr, zeros, scratch)
}

func saliencyBetween[T Float](dst, w, d2 []T, lo, hi T) (below, between int) {
	return saliencyBetweenGeneric(dst, w, d2, lo, hi)
}

// The stubs are the loops in the comments of SolveMasked, MaskBelow and
// MaskLeast, with nr = 12, and fused negative multiply-adds in the first.

//go:noescape
func solveMasked32NEON(s, m int, w, err, r *float32, rs int, mask *uint32)

//go:noescape
func maskBelow32NEON(mask *uint32, w, d2 *float32, n int, threshold float32)

//go:noescape
func maskLeast32NEON(mask *uint32, w, d2 *float32, n, zeros int, scratch *float32)
