package asm

import "fmt"

// The routines of this file multiply a matrix, len(dst) rows of len(x)
// little-endian numbers, by one vector. A row's sum does not depend on the rows
// beside it.

// GemvF16 multiplies float16s.
func GemvF16(dst []float32, w []byte, x []float32) {
	if mustDense("GemvF16", dst, w, x, 2) {
		gemvF16(dst, w, x)
	}
}

// GemvBF16 multiplies bfloat16s.
func GemvBF16(dst []float32, w []byte, x []float32) {
	if mustDense("GemvBF16", dst, w, x, 2) {
		gemvBF16(dst, w, x)
	}
}

// GemvF32 multiplies float32s.
func GemvF32(dst []float32, w []byte, x []float32) {
	if mustDense("GemvF32", dst, w, x, 4) {
		gemvF32(dst, w, x)
	}
}

// mustDense reports whether there is anything to multiply.
func mustDense(routine string, dst []float32, w []byte, x []float32, size int) bool {
	if len(w) != len(dst)*len(x)*size {
		panic(fmt.Sprintf("asm: %s: %d bytes for %d × %d", routine, len(w), len(dst), len(x)))
	}
	if len(w) == 0 {
		clear(dst)
	}
	return len(w) > 0
}
