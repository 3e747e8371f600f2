//go:build !noasm

package asm

import "unsafe"

func pack[T Float](dst []T, w int, src []T, ld, k, m int) {
	size := int(unsafe.Sizeof(dst[0]))
	if tier < AVX2 || m != w || w*size < 16 {
		packGeneric(dst, w, src, ld, k, m)
		return
	}
	copyRowsAVX2(unsafe.Pointer(&dst[0]), w*size, unsafe.Pointer(&src[0]), ld*size, k, w*size)
}

// transpose turns squares: groups of 8 rows of float32, and of 6 where only so
// many are left; of 4 and 2 rows of float64. The Go loop does what is left
// over, at the edges of a matrix.
func transpose[T Float](dst []T, w int, src []T, ld, m, k int) {
	square := 8
	if !single[T]() {
		square = 4
	}
	whole := k &^ (square - 1)
	if tier < AVX2 || whole == 0 {
		transposeGeneric(dst, w, src, ld, m, k)
		return
	}
	i := 0
	for m-i >= square-2 {
		d, s := dst[i:], src[i*ld:]
		rows := min(square, m-i) &^ 1
		switch rows {
		case 8:
			transpose8AVX2(at32(d), w, at32(s), ld, whole)
		case 6:
			transpose6AVX2(at32(d), w, at32(s), ld, whole)
		case 4:
			transpose4AVX2(at64(d), w, at64(s), ld, whole)
		case 2:
			transpose2AVX2(at64(d), w, at64(s), ld, whole)
		}
		if whole < k {
			transposeGeneric(d[whole*w:], w, s[whole:], ld, rows, k-whole)
		}
		i += rows
	}
	if i < m {
		transposeGeneric(dst[i:], w, src[i*ld:], ld, m-i, k)
	}
}

// copyRowsAVX2 copies rows of size bytes, 16 or more, strides in bytes:
//
//	for r := range rows {
//		copy(dst[r*dstStride:][:size], src[r*srcStride:])
//	}
//
//go:noescape
func copyRowsAVX2(dst unsafe.Pointer, dstStride int, src unsafe.Pointer, srcStride, rows, size int)

// transpose8AVX2 transposes 8 rows of k elements, a multiple of 8 and not 0:
//
//	for p := range k {
//		for i := range 8 {
//			dst[p*w+i] = src[i*ld+p]
//		}
//	}
//
//go:noescape
func transpose8AVX2(dst *float32, w int, src *float32, ld, k int)

// transpose6AVX2 is transpose8AVX2 of 6 rows.
//
//go:noescape
func transpose6AVX2(dst *float32, w int, src *float32, ld, k int)

// transpose4AVX2 transposes 4 rows of k elements, a multiple of 4 and not 0:
//
//	for p := range k {
//		for i := range 4 {
//			dst[p*w+i] = src[i*ld+p]
//		}
//	}
//
//go:noescape
func transpose4AVX2(dst *float64, w int, src *float64, ld, k int)

// transpose2AVX2 is transpose4AVX2 of 2 rows.
//
//go:noescape
func transpose2AVX2(dst *float64, w int, src *float64, ld, k int)
