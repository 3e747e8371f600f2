//go:build noasm || !(amd64 || arm64)

package asm

func gemmTile32() (mr, nr int) { return genericRows, genericCols }

func gemmTile64() (mr, nr int) { return genericRows, genericCols }

func gemm32(k int, alpha float32, a *float32, as int, b *float32, bs int, beta float32, c *float32, ldc, m, n int) {
	gemmGeneric(k, alpha, a, as, b, bs, beta, c, ldc, m, n)
}

func gemm64(k int, alpha float64, a *float64, as int, b *float64, bs int, beta float64, c *float64, ldc, m, n int) {
	gemmGeneric(k, alpha, a, as, b, bs, beta, c, ldc, m, n)
}
