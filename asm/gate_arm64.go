//go:build !noasm

package asm

// Each stub is the loop of the generic function of its name, for n elements, a
// multiple of lanes and not 0, and rounds as that does.

//go:noescape
func stepReLU(z, p, m *float32, n int, alpha, gamma float32)

//go:noescape
func stepSwiGLU(z, p, m, s *float32, n int, alpha, gamma float32)

//go:noescape
func descendGate(s, p, m, z *float32, n int, alpha2, gamma2, rate float32)

//go:noescape
func newtonGate(s, p, m, z *float32, n int, alpha, gamma float32)
