//go:build !noasm

package asm

func maxLanes(top *laneSums, x *float32, n int) { maxLanesNEON(top, x, n) }

func expSum(sum *laneSums, dst, x *float32, n int, top float32) { expSumNEON(sum, dst, x, n, top) }

func scale(a float32, x *float32, n int) { scaleNEON(a, x, n) }

func swiGLU(dst, gate, up *float32, n int) { swiGLUNEON(dst, gate, up, n) }

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
