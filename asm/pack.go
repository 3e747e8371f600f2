package asm

// Pack copies a k × m piece of src, rows ld elements apart, into rows of w
// elements, w ≥ m, and fills each with zeros:
//
//	for p := range k {
//		for i := range w {
//			if i < m {
//				dst[p*w+i] = src[p*ld+i]
//			} else {
//				dst[p*w+i] = 0
//			}
//		}
//	}
func Pack[T Float](dst []T, w int, src []T, ld, k, m int) {
	if k == 0 {
		return
	}
	if k < 0 || m < 0 || m > w || len(dst) < k*w || len(src) < (k-1)*ld+m {
		panic("asm: Pack: bad shape")
	}
	pack(dst, w, src, ld, k, m)
}

// Transpose writes the transpose of an m × k piece of src, rows ld elements
// apart, to dst, rows w elements apart, w ≥ m; between its rows dst keeps what
// it has:
//
//	for p := range k {
//		for i := range m {
//			dst[p*w+i] = src[i*ld+p]
//		}
//	}
func Transpose[T Float](dst []T, w int, src []T, ld, m, k int) {
	if m == 0 || k == 0 {
		return
	}
	if k < 0 || m < 0 || m > w || k > ld || len(dst) < (k-1)*w+m || len(src) < (m-1)*ld+k {
		panic("asm: Transpose: bad shape")
	}
	transpose(dst, w, src, ld, m, k)
}
