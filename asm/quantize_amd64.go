//go:build !noasm

package asm

func quantize(q *int8, scale *float32, sum *int32, x *float32, n int) (peak uint32) {
	return quantizeAVX2(q, scale, sum, x, n)
}

// quantizeAVX2 is quantizeGeneric for n elements, whole blocks and not 0. It
// returns the greatest magnitude as bits; if that is not finite, what it has
// written is of any value.
//
//go:noescape
func quantizeAVX2(q *int8, scale *float32, sum *int32, x *float32, n int) (peak uint32)
