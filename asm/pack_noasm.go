//go:build noasm || !(amd64 || arm64)

package asm

func pack[T Float](dst []T, w int, src []T, ld, k, m int) { packGeneric(dst, w, src, ld, k, m) }

func transpose[T Float](dst []T, w int, src []T, ld, m, k int) {
	transposeGeneric(dst, w, src, ld, m, k)
}
