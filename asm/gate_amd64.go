//go:build !noasm

package asm

func stepReLU(z, p, m *float32, n int, alpha, gamma float32) {
	if tier == AVX512 {
		stepReLUAVX512(z, p, m, n, alpha, gamma)
	} else {
		stepReLUAVX2(z, p, m, n, alpha, gamma)
	}
}

func stepSwiGLU(z, p, m, s *float32, n int, alpha, gamma float32) {
	if tier == AVX512 {
		stepSwiGLUAVX512(z, p, m, s, n, alpha, gamma)
	} else {
		stepSwiGLUAVX2(z, p, m, s, n, alpha, gamma)
	}
}

func descendGate(s, p, m, z *float32, n int, alpha2, gamma2, rate float32) {
	if tier == AVX512 {
		descendGateAVX512(s, p, m, z, n, alpha2, gamma2, rate)
	} else {
		descendGateAVX2(s, p, m, z, n, alpha2, gamma2, rate)
	}
}

func newtonGate(s, p, m, z *float32, n int, alpha, gamma float32) {
	if tier == AVX512 {
		newtonGateAVX512(s, p, m, z, n, alpha, gamma)
	} else {
		newtonGateAVX2(s, p, m, z, n, alpha, gamma)
	}
}

// Each stub is the loop of the generic function of its name, for n elements, a
// multiple of lanes and not 0, and rounds as that does.

//go:noescape
func stepReLUAVX2(z, p, m *float32, n int, alpha, gamma float32)

//go:noescape
func stepReLUAVX512(z, p, m *float32, n int, alpha, gamma float32)

//go:noescape
func stepSwiGLUAVX2(z, p, m, s *float32, n int, alpha, gamma float32)

//go:noescape
func stepSwiGLUAVX512(z, p, m, s *float32, n int, alpha, gamma float32)

//go:noescape
func descendGateAVX2(s, p, m, z *float32, n int, alpha2, gamma2, rate float32)

//go:noescape
func descendGateAVX512(s, p, m, z *float32, n int, alpha2, gamma2, rate float32)

//go:noescape
func newtonGateAVX2(s, p, m, z *float32, n int, alpha, gamma float32)

//go:noescape
func newtonGateAVX512(s, p, m, z *float32, n int, alpha, gamma float32)
