//go:build !noasm

package asm

func quantize(a *Activations, x *float32, n int) (peak uint32) {
	return quantizeAVX2(&a.Q[0], &a.abs[0], &a.Scale[0], &a.wide[0], &a.Sum[0], x, n)
}

// quantizeAVX2 is quantizeGeneric for n elements, whole blocks and not 0. It
// returns the greatest magnitude as bits; if that is not finite, what it has
// written is of any value.
//
//go:noescape
func quantizeAVX2(q, abs *int8, scale, wide *float32, sum *int32, x *float32, n int) (peak uint32)
