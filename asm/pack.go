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

// PackTrans is Pack of the transpose of an m × k piece of src:
//
//	for p := range k {
//		for i := range w {
//			if i < m {
//				dst[p*w+i] = src[i*ld+p]
//			} else {
//				dst[p*w+i] = 0
//			}
//		}
//	}
func PackTrans[T Float](dst []T, w int, src []T, ld, k, m int) {
	if k == 0 {
		return
	}
	if k < 0 || m < 0 || m > w || len(dst) < k*w || (m > 0 && len(src) < (m-1)*ld+k) {
		panic("asm: PackTrans: bad shape")
	}
	packTrans(dst, w, src, ld, k, m)
}
