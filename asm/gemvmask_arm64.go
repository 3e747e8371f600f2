//go:build !noasm

package asm

// There are no kernels for these: the loops in Go do them.

func quantize(a *Activations, x *float32, n int) (peak uint32) { return 0x7f800000 }

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
