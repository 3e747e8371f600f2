//go:build !noasm

package asm

// Each stub is the loop of the generic function of its name, for n elements, a
// multiple of lanes and not 0, and rounds as that does.

//go:noescape
func maxLanes(top *laneSums, x *float32, n int)

//go:noescape
func expSum(sum *laneSums, dst, x *float32, n int, top float32)

//go:noescape
func scale(a float32, x *float32, n int)

//go:noescape
func swiGLU(dst, gate, up *float32, n int)
