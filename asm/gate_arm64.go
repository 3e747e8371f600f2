//go:build !noasm

package asm

func stepReLU(z, p, m []float32, alpha, gamma float32) {
	n := wholeLanes(len(z))
	if n > 0 {
		stepReLUNEON(&z[0], &p[0], &m[0], n, alpha, gamma)
	}
	stepReLUGeneric(z[n:], p[n:], m[n:], alpha, gamma)
}

func stepSwiGLU(z, p, m, s []float32, alpha, gamma float32) {
	n := wholeLanes(len(z))
	if n > 0 {
		stepSwiGLUNEON(&z[0], &p[0], &m[0], &s[0], n, alpha, gamma)
	}
	stepSwiGLUGeneric(z[n:], p[n:], m[n:], s[n:], alpha, gamma)
}

func descendGate(s, p, m, z []float32, alpha2, gamma2, rate float32) {
	n := wholeLanes(len(s))
	if n > 0 {
		descendGateNEON(&s[0], &p[0], &m[0], &z[0], n, alpha2, gamma2, rate)
	}
	descendGateGeneric(s[n:], p[n:], m[n:], z[n:], alpha2, gamma2, rate)
}

func newtonGate(s, p, m, z []float32, alpha, gamma float32) {
	n := wholeLanes(len(s))
	if n > 0 {
		newtonGateNEON(&s[0], &p[0], &m[0], &z[0], n, alpha, gamma)
	}
	newtonGateGeneric(s[n:], p[n:], m[n:], z[n:], alpha, gamma)
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
