package asm

func packGeneric[T Float](dst []T, w int, src []T, ld, k, m int) {
	for p := range k {
		row := dst[p*w:][:w]
		clear(row[copy(row, src[p*ld:][:m]):])
	}
}

func transposeGeneric[T Float](dst []T, w int, src []T, ld, m, k int) {
	for i := range m {
		d := dst[i:]
		for p, v := range src[i*ld:][:k] {
			d[p*w] = v
		}
	}
}
