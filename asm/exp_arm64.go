//go:build !noasm

package asm

// The kernels do whole groups of lanes. The last elements go through the Go
// loop, which rounds alike, or, where it takes long, through a group that is
// filled up.

func maxLanes(top *laneSums, x []float32) {
	whole := wholeLanes(len(x))
	if whole > 0 {
		maxLanesNEON(top, &x[0], whole)
	}
	maxLanesGeneric(top, x[whole:])
}

func expSum(sum *laneSums, dst, x []float32, top float32) {
	if tier != NEON {
		expSumGeneric(sum, dst, x, top)
		return
	}
	whole := len(x) &^ (lanes - 1)
	if whole > 0 {
		expSumNEON(sum, &dst[0], &x[0], whole, top)
	}
	if whole < len(x) {
		var group laneSums
		for i := copy(group[:], x[whole:]); i < lanes; i++ {
			group[i] = negInf // adds 0
		}
		expSumNEON(sum, &group[0], &group[0], lanes, top)
		copy(dst[whole:], group[:])
	}
}

func scale(a float32, x []float32) {
	whole := wholeLanes(len(x))
	if whole > 0 {
		scaleNEON(a, &x[0], whole)
	}
	scaleGeneric(a, x[whole:])
}

func swiGLU(dst, gate, up []float32) {
	whole := wholeLanes(len(gate))
	if whole > 0 {
		swiGLUNEON(&dst[0], &gate[0], &up[0], whole)
	}
	swiGLUGeneric(dst[whole:], gate[whole:], up[whole:])
}

// wholeLanes returns how many of n elements the kernels can do.
func wholeLanes(n int) int {
	if tier != NEON {
		return 0
	}
	return n &^ (lanes - 1)
}

// Each stub is the loop of the generic function of its name, for n elements, a
// multiple of lanes and not 0, and rounds as that does.

//go:noescape
func maxLanesNEON(top *laneSums, x *float32, n int)

//go:noescape
func expSumNEON(sum *laneSums, dst, x *float32, n int, top float32)

//go:noescape
func scaleNEON(a float32, x *float32, n int)

//go:noescape
func swiGLUNEON(dst, gate, up *float32, n int)
