package asm

// GemmTile returns the rows mr and columns nr of the tile of C that one call
// of Gemm computes in the tier in use, nr ≥ mr.
func GemmTile[T Float]() (mr, nr int) {
	switch {
	case tier == Generic:
		return genericRows, genericCols
	case single[T]():
		return gemmTile32()
	}
	return gemmTile64()
}

// Gemm updates an m × n tile of C, m ≤ mr and n ≤ nr (see GemmTile), rows
// ldc elements apart, by the product of k columns of A, as elements apart, and
// k rows of B, bs elements apart:
//
//	for i := range m {
//		for j := range n {
//			var s T
//			for p := range k {
//				s += a[p*as+i] * b[p*bs+j]
//			}
//			c[i*ldc+j] = alpha*s + beta*c[i*ldc+j] // c is not read if beta is 0
//		}
//	}
//
// It reads all mr elements of each column of A and all nr of each row of B
// whatever m and n are. The terms of each sum are added in ascending p, and
// the result does not depend on m, n, i or j otherwise.
func Gemm[T Float](k int, alpha T, a []T, as int, b []T, bs int, beta T, c []T, ldc, m, n int) {
	mr, nr := GemmTile[T]()
	if m > mr || n > nr || m < 1 || n < 1 || k < 0 {
		panic("asm: Gemm: bad tile")
	}
	if k > 0 && (len(a) < (k-1)*as+mr || len(b) < (k-1)*bs+nr || min(as, bs) < 0) {
		panic("asm: Gemm: short operand")
	}
	if ldc < 0 || len(c) < (m-1)*ldc+n {
		panic("asm: Gemm: short C")
	}
	switch {
	case tier == Generic:
		gemmGeneric(k, alpha, a, as, b, bs, beta, c, ldc, m, n)
	case single[T]():
		gemm32(k, float32(alpha), at32(a), as, at32(b), bs, float32(beta), at32(c), ldc, m, n)
	default:
		gemm64(k, float64(alpha), at64(a), as, at64(b), bs, float64(beta), at64(c), ldc, m, n)
	}
}
