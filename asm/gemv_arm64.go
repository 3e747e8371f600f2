//go:build !noasm

package asm

func quantize(a *Activations, x *float32, n int) (peak uint32) { return 0x7f800000 }

func gemvQ8(dst []float32, values []byte, scales []uint16, x *Activations, panels, blocks int) {
	gemvQ8Generic(dst, values, scales, x, panels, blocks)
}

func gemvQ4(dst []float32, values []byte, scales []uint16, x *Activations, panels, blocks int) {
	gemvQ4Generic(dst, values, scales, x, panels, blocks)
}

func gemv24Q8(dst []float32, values, index []byte, scales []uint16, x *Activations, panels, blocks int) {
	gemv24Q8Generic(dst, values, index, scales, x, panels, blocks)
}

func gemv24Q4(dst []float32, values, index []byte, scales []uint16, x *Activations, panels, blocks int) {
	gemv24Q4Generic(dst, values, index, scales, x, panels, blocks)
}

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
