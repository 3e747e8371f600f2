//go:build !noasm

package asm

func pack[T Float](dst []T, w int, src []T, ld, k, m int) { packGeneric(dst, w, src, ld, k, m) }

// transpose turns squares, 4 rows of float32 or 2 of float64 at a time; the Go
// loop does what is left over, at the edges of a matrix.
func transpose[T Float](dst []T, w int, src []T, ld, m, k int) {
	square := 4
	if !single[T]() {
		square = 2
	}
	whole := k &^ (square - 1)
	if tier != NEON || whole == 0 {
		transposeGeneric(dst, w, src, ld, m, k)
		return
	}
	i := 0
	for ; i+square <= m; i += square {
		d, s := dst[i:], src[i*ld:]
		if single[T]() {
			transpose4NEON(at32(d), w, at32(s), ld, whole)
		} else {
			transpose2NEON(at64(d), w, at64(s), ld, whole)
		}
		if whole < k {
			transposeGeneric(d[whole*w:], w, s[whole:], ld, square, k-whole)
		}
	}
	if i < m {
		transposeGeneric(dst[i:], w, src[i*ld:], ld, m-i, k)
	}
}

// transpose4NEON transposes 4 rows of k elements, a multiple of 4 and not 0:
//
//	for p := range k {
//		for i := range 4 {
//			dst[p*w+i] = src[i*ld+p]
//		}
//	}
//
//go:noescape
func transpose4NEON(dst *float32, w int, src *float32, ld, k int)

// transpose2NEON transposes 2 rows of k elements, a multiple of 2 and not 0:
//
//	for p := range k {
//		for i := range 2 {
//			dst[p*w+i] = src[i*ld+p]
//		}
//	}
//
//go:noescape
func transpose2NEON(dst *float64, w int, src *float64, ld, k int)
