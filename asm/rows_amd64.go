//go:build !noasm

package asm

// The kernels take whole groups of eight elements of a row.

func rowDots(dst, x, rows []float32, stride int) {
	if tier < AVX2 || len(x)%rowLanes != 0 {
		rowDotsGeneric(dst, x, rows, stride)
		return
	}
	rowDotsAVX2(&dst[0], &x[0], &rows[0], stride, len(dst), len(x))
}

func rowSum(dst, a, rows []float32, stride int) {
	if tier < AVX2 || len(dst)%rowLanes != 0 {
		rowSumGeneric(dst, a, rows, stride)
		return
	}
	rowSumAVX2(&dst[0], &a[0], &rows[0], stride, len(a), len(dst))
}

// Each stub is the loop of the generic function of its name, for n rows of width
// elements, a multiple of 8; neither is 0.

//go:noescape
func rowDotsAVX2(dst, x, rows *float32, stride, n, width int)

//go:noescape
func rowSumAVX2(dst, a, rows *float32, stride, n, width int)
