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

// packTrans turns squares: groups of 8 rows of float32, and of 6 where only so
// many are left; of 4 and 2 rows of float64. What is left over, at the edges
// of a matrix, is for the Go loop.
func packTrans[T Float](dst []T, w int, src []T, ld, k, m int) {
	square := 8
	if !single[T]() {
		square = 4
	}
	whole := k &^ (square - 1)
	if tier < AVX2 || whole == 0 {
		packTransGeneric(dst, w, src, ld, k, m)
		return
	}
	for i := 0; i < w; {
		rows := min(square, w-i)
		if rows%2 != 0 || rows < square-2 || i+rows > m {
			packTransRest(dst[i:], w, src, i, ld, k, m)
			return
		}
		d, s := dst[i:], src[i*ld:]
		switch rows {
		case 8:
			packTrans8AVX2(at32(d), w, at32(s), ld, whole)
		case 6:
			packTrans6AVX2(at32(d), w, at32(s), ld, whole)
		case 4:
			packTrans4AVX2(at64(d), w, at64(s), ld, whole)
		case 2:
			packTrans2AVX2(at64(d), w, at64(s), ld, whole)
		}
		for r := range rows {
			for p := whole; p < k; p++ {
				d[p*w+r] = s[r*ld+p]
			}
		}
		i += rows
	}
}

// packTransRest packs rows from i on, of which dst is where the first goes.
func packTransRest[T Float](dst []T, w int, src []T, i, ld, k, m int) {
	for r := i; r < w; r++ {
		d := dst[r-i:]
		if r >= m {
			for p := range k {
				d[p*w] = 0
			}
			continue
		}
		for p, v := range src[r*ld:][:k] {
			d[p*w] = v
		}
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

// packTrans8AVX2 transposes 8 rows of k elements, a multiple of 8 and not 0:
//
//	for p := range k {
//		for i := range 8 {
//			dst[p*w+i] = src[i*ld+p]
//		}
//	}
//
//go:noescape
func packTrans8AVX2(dst *float32, w int, src *float32, ld, k int)

// packTrans6AVX2 is packTrans8AVX2 of 6 rows.
//
//go:noescape
func packTrans6AVX2(dst *float32, w int, src *float32, ld, k int)

// packTrans4AVX2 transposes 4 rows of k elements, a multiple of 4 and not 0:
//
//	for p := range k {
//		for i := range 4 {
//			dst[p*w+i] = src[i*ld+p]
//		}
//	}
//
//go:noescape
func packTrans4AVX2(dst *float64, w int, src *float64, ld, k int)

// packTrans2AVX2 is packTrans4AVX2 of 2 rows.
//
//go:noescape
func packTrans2AVX2(dst *float64, w int, src *float64, ld, k int)
