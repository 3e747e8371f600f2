//go:build noasm || !amd64

package asm

func pack[T Float](dst []T, w int, src []T, ld, k, m int) { packGeneric(dst, w, src, ld, k, m) }

func packTrans[T Float](dst []T, w int, src []T, ld, k, m int) {
	packTransGeneric(dst, w, src, ld, k, m)
}
