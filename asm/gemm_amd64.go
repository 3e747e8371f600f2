//go:build !noasm

package asm

// The sums of a tile fill the registers: 14 × 2 of the 32 of AVX-512, 6 × 2 of
// the 16 of AVX2 (the shape of BLIS), which leaves two for B and two for A.

func gemmTile32() (mr, nr int) {
	if tier == AVX512 {
		return 14, 32
	}
	return 6, 16
}

func gemmTile64() (mr, nr int) {
	if tier == AVX512 {
		return 14, 16
	}
	return 6, 8
}

func gemm32(k int, alpha float32, a *float32, as int, b *float32, bs int, beta float32, c *float32, ldc, m, n int) {
	if tier == AVX512 {
		gemm32AVX512(k, alpha, a, as, b, bs, beta, c, ldc, m, n)
	} else {
		gemm32AVX2(k, alpha, a, as, b, bs, beta, c, ldc, m, n)
	}
}

func gemm64(k int, alpha float64, a *float64, as int, b *float64, bs int, beta float64, c *float64, ldc, m, n int) {
	if tier == AVX512 {
		gemm64AVX512(k, alpha, a, as, b, bs, beta, c, ldc, m, n)
	} else {
		gemm64AVX2(k, alpha, a, as, b, bs, beta, c, ldc, m, n)
	}
}

// Each stub is the loop in the comment of Gemm, with a fused multiply-add for
// each term, and alpha*s rounded before beta*c is added to it, fused.

//go:noescape
func gemm32AVX512(k int, alpha float32, a *float32, as int, b *float32, bs int, beta float32, c *float32, ldc, m, n int)

//go:noescape
func gemm64AVX512(k int, alpha float64, a *float64, as int, b *float64, bs int, beta float64, c *float64, ldc, m, n int)

//go:noescape
func gemm32AVX2(k int, alpha float32, a *float32, as int, b *float32, bs int, beta float32, c *float32, ldc, m, n int)

//go:noescape
func gemm64AVX2(k int, alpha float64, a *float64, as int, b *float64, bs int, beta float64, c *float64, ldc, m, n int)
