//go:build !noasm

package asm

import "unsafe"

// The sums of a tile fill 24 of the 32 registers: 8 rows of three vectors of
// float32, 6 rows of four of float64.
const (
	neonRows32, neonCols32 = 8, 12
	neonRows64, neonCols64 = 6, 8
)

func gemmTile32() (mr, nr int) { return neonRows32, neonCols32 }

func gemmTile64() (mr, nr int) { return neonRows64, neonCols64 }

func gemm32(k int, alpha float32, a *float32, as int, b *float32, bs int, beta float32, c *float32, ldc, m, n int) {
	if n == neonCols32 {
		gemm32NEON(k, alpha, a, as, b, bs, beta, c, ldc, m)
		return
	}
	// The kernel writes whole rows: let it write them aside.
	var tile [neonRows32 * neonCols32]float32
	rows := unsafe.Slice(c, (m-1)*ldc+n)
	for i := range m {
		copy(tile[i*neonCols32:], rows[i*ldc:][:n])
	}
	gemm32NEON(k, alpha, a, as, b, bs, beta, &tile[0], neonCols32, m)
	for i := range m {
		copy(rows[i*ldc:][:n], tile[i*neonCols32:])
	}
}

func gemm64(k int, alpha float64, a *float64, as int, b *float64, bs int, beta float64, c *float64, ldc, m, n int) {
	if n == neonCols64 {
		gemm64NEON(k, alpha, a, as, b, bs, beta, c, ldc, m)
		return
	}
	// The kernel writes whole rows: let it write them aside.
	var tile [neonRows64 * neonCols64]float64
	rows := unsafe.Slice(c, (m-1)*ldc+n)
	for i := range m {
		copy(tile[i*neonCols64:], rows[i*ldc:][:n])
	}
	gemm64NEON(k, alpha, a, as, b, bs, beta, &tile[0], neonCols64, m)
	for i := range m {
		copy(rows[i*ldc:][:n], tile[i*neonCols64:])
	}
}

// Each stub is the loop in the comment of Gemm for n = nr, with a fused
// multiply-add for each term, and alpha*s rounded before beta*c is added to it,
// fused.

//go:noescape
func gemm32NEON(k int, alpha float32, a *float32, as int, b *float32, bs int, beta float32, c *float32, ldc, m int)

//go:noescape
func gemm64NEON(k int, alpha float64, a *float64, as int, b *float64, bs int, beta float64, c *float64, ldc, m int)
