//go:build noasm || !(amd64 || arm64)

package asm

func stepReLU(z, p, m []float32, alpha, gamma float32) { stepReLUGeneric(z, p, m, alpha, gamma) }

func stepSwiGLU(z, p, m, s []float32, alpha, gamma float32) {
	stepSwiGLUGeneric(z, p, m, s, alpha, gamma)
}

func descendGate(s, p, m, z []float32, alpha2, gamma2, rate float32) {
	descendGateGeneric(s, p, m, z, alpha2, gamma2, rate)
}

func newtonGate(s, p, m, z []float32, alpha, gamma float32) {
	newtonGateGeneric(s, p, m, z, alpha, gamma)
}
