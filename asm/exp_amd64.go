//go:build !noasm

package asm

func maxLanes(top *laneSums, x *float32, n int) { maxLanesAVX2(top, x, n) }

func expSum(sum *laneSums, dst, x *float32, n int, top float32) {
	if tier == AVX512 {
		expSumAVX512(sum, dst, x, n, top)
	} else {
		expSumAVX2(sum, dst, x, n, top)
	}
}

func scale(a float32, x *float32, n int) { scaleAVX2(a, x, n) }

func swiGLU(dst, gate, up *float32, n int) {
	if tier == AVX512 {
		swiGLUAVX512(dst, gate, up, n)
	} else {
		swiGLUAVX2(dst, gate, up, n)
	}
}

// Each stub is the loop of the generic function of its name, for n elements, a
// multiple of lanes and not 0, and rounds as that does.

//go:noescape
func maxLanesAVX2(top *laneSums, x *float32, n int)

//go:noescape
func expSumAVX2(sum *laneSums, dst, x *float32, n int, top float32)

//go:noescape
func expSumAVX512(sum *laneSums, dst, x *float32, n int, top float32)

//go:noescape
func scaleAVX2(a float32, x *float32, n int)

//go:noescape
func swiGLUAVX2(dst, gate, up *float32, n int)

//go:noescape
func swiGLUAVX512(dst, gate, up *float32, n int)
