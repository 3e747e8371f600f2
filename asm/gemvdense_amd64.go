//go:build !noasm

package asm

func gemvF16(dst []float32, w []byte, x []float32) {
	n := len(x) &^ (sumColumns - 1)
	switch {
	case n == 0 || tier == Generic:
		gemvF16Generic(dst, w, x)
		return
	case tier == AVX512:
		gemvF16AVX512(&dst[0], &w[0], &x[0], len(dst), n, (len(x)-n)*2)
	default:
		gemvF16AVX2(&dst[0], &w[0], &x[0], len(dst), n, (len(x)-n)*2)
	}
	gemvTail(dst, w, x, n, 2, f16At)
}

func gemvBF16(dst []float32, w []byte, x []float32) {
	n := len(x) &^ (sumColumns - 1)
	switch {
	case n == 0 || tier == Generic:
		gemvBF16Generic(dst, w, x)
		return
	case tier == AVX512:
		gemvBF16AVX512(&dst[0], &w[0], &x[0], len(dst), n, (len(x)-n)*2)
	default:
		gemvBF16AVX2(&dst[0], &w[0], &x[0], len(dst), n, (len(x)-n)*2)
	}
	gemvTail(dst, w, x, n, 2, bf16At)
}

func gemvF32(dst []float32, w []byte, x []float32) {
	n := len(x) &^ (sumColumns - 1)
	switch {
	case n == 0 || tier == Generic:
		gemvF32Generic(dst, w, x)
		return
	case tier == AVX512:
		gemvF32AVX512(&dst[0], &w[0], &x[0], len(dst), n, (len(x)-n)*4)
	default:
		gemvF32AVX2(&dst[0], &w[0], &x[0], len(dst), n, (len(x)-n)*4)
	}
	gemvTail(dst, w, x, n, 4, f32At)
}

// Each stub is the generic function of its name, for rows that are not 0 of
// columns that are whole times 32 and not 0, with fused multiplications; tail is
// the bytes between a row's columns and the next's.

//go:noescape
func gemvF16AVX2(dst *float32, w *byte, x *float32, rows, cols, tail int)

//go:noescape
func gemvF16AVX512(dst *float32, w *byte, x *float32, rows, cols, tail int)

//go:noescape
func gemvBF16AVX2(dst *float32, w *byte, x *float32, rows, cols, tail int)

//go:noescape
func gemvBF16AVX512(dst *float32, w *byte, x *float32, rows, cols, tail int)

//go:noescape
func gemvF32AVX2(dst *float32, w *byte, x *float32, rows, cols, tail int)

//go:noescape
func gemvF32AVX512(dst *float32, w *byte, x *float32, rows, cols, tail int)
