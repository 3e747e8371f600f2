package asm

func packGeneric[T Float](dst []T, w int, src []T, ld, k, m int) {
	for p := range k {
		row := dst[p*w:][:w]
		clear(row[copy(row, src[p*ld:][:m]):])
	}
}

func packTransGeneric[T Float](dst []T, w int, src []T, ld, k, m int) {
	for i := range m {
		for p, v := range src[i*ld:][:k] {
			dst[p*w+i] = v
		}
	}
	for i := m; i < w; i++ {
		for p := range k {
			dst[p*w+i] = 0
		}
	}
}
