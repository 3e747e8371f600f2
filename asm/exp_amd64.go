//go:build !noasm

package asm

// The kernels do whole groups of lanes. The last elements go through the Go
// loop, which rounds alike, or, where it takes long, through a group that is
// filled up.

func maxLanes(top *laneSums, x []float32) {
	whole := wholeLanes(len(x))
	if whole > 0 {
		maxLanesAVX2(top, &x[0], whole)
	}
	maxLanesGeneric(top, x[whole:])
}

func expSum(sum *laneSums, dst, x []float32, top float32) {
	if tier < AVX2 {
		expSumGeneric(sum, dst, x, top)
		return
	}
	whole := len(x) &^ (lanes - 1)
	if whole > 0 {
		expSumWhole(sum, &dst[0], &x[0], whole, top)
	}
	if whole < len(x) {
		var group laneSums
		for i := copy(group[:], x[whole:]); i < lanes; i++ {
			group[i] = negInf // adds 0
		}
		expSumWhole(sum, &group[0], &group[0], lanes, top)
		copy(dst[whole:], group[:])
	}
}

// expSumWhole is a call by name: what is handed to a function value escapes to
// the heap.
func expSumWhole(sum *laneSums, dst, x *float32, n int, top float32) {
	if tier == AVX512 {
		expSumAVX512(sum, dst, x, n, top)
	} else {
		expSumAVX2(sum, dst, x, n, top)
	}
}

func scale(a float32, x []float32) {
	whole := wholeLanes(len(x))
	if whole > 0 {
		scaleAVX2(a, &x[0], whole)
	}
	scaleGeneric(a, x[whole:])
}

func swiGLU(dst, gate, up []float32) {
	whole := wholeLanes(len(gate))
	if whole > 0 {
		if tier == AVX512 {
			swiGLUAVX512(&dst[0], &gate[0], &up[0], whole)
		} else {
			swiGLUAVX2(&dst[0], &gate[0], &up[0], whole)
		}
	}
	swiGLUGeneric(dst[whole:], gate[whole:], up[whole:])
}

// wholeLanes returns how many of n elements the kernels can do.
func wholeLanes(n int) int {
	if tier < AVX2 {
		return 0
	}
	return n &^ (lanes - 1)
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
