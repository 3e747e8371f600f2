//go:build noasm || !amd64

package asm

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
