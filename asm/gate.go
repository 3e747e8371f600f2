package asm

// The routines of this file are the per-entry steps of an alternating
// optimisation of a feed-forward network with pre-activation z, gate s and
// activation p, m being what the weights make of z or s. See package linalg,
// which gives the same loops for both types, for what they minimise.

// StepReLU computes
//
//	a := max((gamma*p[i]+alpha*m[i])/(gamma+alpha), 0)
//	b := min(m[i], 0)
//	costA := gamma*(p[i]-a)² + alpha*(a-m[i])²
//	costB := gamma*p[i]² + alpha*(b-m[i])²
//	z[i] = b if costB < costA else a
//
// z may be p or m.
func StepReLU(z, p, m []float32, alpha, gamma float32) {
	mustMatch(len(z), len(p), "StepReLU")
	mustMatch(len(z), len(m), "StepReLU")
	stepReLU(z, p, m, alpha, gamma)
}

// StepSwiGLU computes
//
//	g := s[i]/(1+exp(-s[i]))
//	z[i] = (alpha*m[i] + gamma*g*p[i]) / (alpha + gamma*g*g)
//
// z may be any of the others.
func StepSwiGLU(z, p, m, s []float32, alpha, gamma float32) {
	mustMatch(len(z), len(p), "StepSwiGLU")
	mustMatch(len(z), len(m), "StepSwiGLU")
	mustMatch(len(z), len(s), "StepSwiGLU")
	stepSwiGLU(z, p, m, s, alpha, gamma)
}

// DescendGate takes so many gradient steps of a fixed length:
//
//	for range steps {
//		c := 1/(1+exp(-s[i]))
//		e := p[i] - s[i]*c*z[i]
//		slope := c*(1+s[i]*(1-c))
//		s[i] -= rate*(2*alpha*(s[i]-m[i]) - 2*gamma*e*z[i]*slope)
//	}
func DescendGate(s, p, m, z []float32, alpha, gamma, rate float32, steps int) {
	mustMatch(len(s), len(p), "DescendGate")
	mustMatch(len(s), len(m), "DescendGate")
	mustMatch(len(s), len(z), "DescendGate")
	for range steps {
		descendGate(s, p, m, z, 2*alpha, 2*gamma, rate)
	}
}

// NewtonGate takes the Gauss–Newton step for
// cost(s) = alpha*(s-m[i])² + gamma*(p[i]-silu(s)*z[i])², quartered until it
// lowers the cost, five times at most:
//
//	c := 1/(1+exp(-s[i]))
//	e := p[i] - s[i]*c*z[i]
//	slope := z[i]*(c*(1+s[i]*(1-c)))
//	step := (alpha*(s[i]-m[i]) - gamma*e*slope) / (alpha + gamma*slope*slope)
//	for range 6 {
//		if cost(s[i]-step) < cost(s[i]) {
//			s[i] -= step
//			break
//		}
//		step /= 4
//	}
func NewtonGate(s, p, m, z []float32, alpha, gamma float32) {
	mustMatch(len(s), len(p), "NewtonGate")
	mustMatch(len(s), len(m), "NewtonGate")
	mustMatch(len(s), len(z), "NewtonGate")
	newtonGate(s, p, m, z, alpha, gamma)
}
