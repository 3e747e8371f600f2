//go:build !noasm

package asm

func gemvF16(dst []float32, w []byte, x []float32) {
	n := len(x) &^ (sumColumns - 1)
	if n == 0 || tier == Generic {
		gemvF16Generic(dst, w, x)
		return
	}
	gemvF16NEON(&dst[0], &w[0], &x[0], len(dst), n, (len(x)-n)*2)
	gemvTail(dst, w, x, n, 2, f16At)
}

func gemvBF16(dst []float32, w []byte, x []float32) {
	n := len(x) &^ (sumColumns - 1)
	if n == 0 || tier == Generic {
		gemvBF16Generic(dst, w, x)
		return
	}
	gemvBF16NEON(&dst[0], &w[0], &x[0], len(dst), n, (len(x)-n)*2)
	gemvTail(dst, w, x, n, 2, bf16At)
}

func gemvF32(dst []float32, w []byte, x []float32) {
	n := len(x) &^ (sumColumns - 1)
	if n == 0 || tier == Generic {
		gemvF32Generic(dst, w, x)
		return
	}
	gemvF32NEON(&dst[0], &w[0], &x[0], len(dst), n, (len(x)-n)*4)
	gemvTail(dst, w, x, n, 4, f32At)
}

// Each stub is the generic function of its name, for rows that are not 0 of
// columns that are whole times 32 and not 0, with fused multiplications; tail is
// the bytes between a row's columns and the next's.

//go:noescape
func gemvF16NEON(dst *float32, w *byte, x *float32, rows, cols, tail int)

//go:noescape
func gemvBF16NEON(dst *float32, w *byte, x *float32, rows, cols, tail int)

//go:noescape
func gemvF32NEON(dst *float32, w *byte, x *float32, rows, cols, tail int)
