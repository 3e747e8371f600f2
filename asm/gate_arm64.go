//go:build !noasm

package asm

func stepReLU(z, p, m *float32, n int, alpha, gamma float32) {
	stepReLUNEON(z, p, m, n, alpha, gamma)
}

func stepSwiGLU(z, p, m, s *float32, n int, alpha, gamma float32) {
	stepSwiGLUNEON(z, p, m, s, n, alpha, gamma)
}

func descendGate(s, p, m, z *float32, n int, alpha2, gamma2, rate float32) {
	descendGateNEON(s, p, m, z, n, alpha2, gamma2, rate)
}

func newtonGate(s, p, m, z *float32, n int, alpha, gamma float32) {
	newtonGateNEON(s, p, m, z, n, alpha, gamma)
}

// Each stub is the loop of the generic function of its name, for n elements, a
// multiple of lanes and not 0, and rounds as that does.

//go:noescape
func stepReLUNEON(z, p, m *float32, n int, alpha, gamma float32)

//go:noescape
func stepSwiGLUNEON(z, p, m, s *float32, n int, alpha, gamma float32)

//go:noescape
func descendGateNEON(s, p, m, z *float32, n int, alpha2, gamma2, rate float32)

//go:noescape
func newtonGateNEON(s, p, m, z *float32, n int, alpha, gamma float32)
