//go:build noasm || !(amd64 || arm64)

package asm

func solveMasked32(s, m int, w, err, r *float32, rs int, mask *uint32) {
	_, nr := gemmTile32()
	solveMaskedGeneric(s, m, nr, w, err, r, rs, mask)
}

func maskBelow32(mask *uint32, w, d2 *float32, n int, threshold float32) {
	_, nr := gemmTile32()
	maskBelowGeneric(mask, w, d2, n, nr, threshold)
}

func maskLeast32(mask *uint32, w, d2 *float32, n, zeros int, scratch *float32) {
	_, nr := gemmTile32()
	maskLeastGeneric(mask, w, d2, n, nr, zeros, scratch)
}

func saliencyBetween[T Float](dst, w, d2 []T, lo, hi T) (below, between int) {
	return saliencyBetweenGeneric(dst, w, d2, lo, hi)
}
