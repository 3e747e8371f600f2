//go:build !noasm

package asm

func quantize(q *int8, scale *float32, sum *int32, x *float32, n int) uint32 { return 0x7f800000 }

func gemvMaskQ8(dst []float32, mask, values []byte, scales []uint16, x *Activations, words int) {
	gemvMaskQ8Generic(dst, mask, values, scales, x, words)
}

func gemvMaskF16(dst []float32, mask, values []byte, x []float32, words int) {
	gemvMaskF16Generic(dst, mask, values, x, words)
}

func gemvMaskBF16(dst []float32, mask, values []byte, x []float32, words int) {
	gemvMaskBF16Generic(dst, mask, values, x, words)
}

func gemvMaskF32(dst []float32, mask, values []byte, x []float32, words int) {
	gemvMaskF32Generic(dst, mask, values, x, words)
}

func gemvF16(dst []float32, w []byte, x []float32) { gemvF16Generic(dst, w, x) }

func gemvBF16(dst []float32, w []byte, x []float32) { gemvBF16Generic(dst, w, x) }

func gemvF32(dst []float32, w []byte, x []float32) { gemvF32Generic(dst, w, x) }
