package asm

// The routines of this file are the per-entry steps of an alternating
// optimisation of a feed-forward network with pre-activation z, gate s and
// activation p, m being what the weights make of z or s. Package prune says what
// they minimise (steps.go).

// StepReLU computes
//
//	a := max((gamma*p[i]+alpha*m[i])/(gamma+alpha), 0)
//	b := min(m[i], 0)
//	costA := gamma*(p[i]-a)² + alpha*(a-m[i])²
//	costB := gamma*p[i]² + alpha*(b-m[i])²
//	z[i] = b if costB < costA else a
//
// z may be p or m.
func StepReLU[T Float](z, p, m []T, alpha, gamma T) {
	mustMatch("StepReLU", len(z), len(p), len(m))
	n := whole[T](len(z), lanes)
	if n > 0 {
		stepReLU(at32(z), at32(p), at32(m), n, float32(alpha), float32(gamma))
	}
	stepReLUGeneric(z[n:], p[n:], m[n:], alpha, gamma)
}

// StepSwiGLU computes
//
//	g := s[i]/(1+exp(-s[i]))
//	z[i] = (alpha*m[i] + gamma*g*p[i]) / (alpha + gamma*g*g)
//
// z may be any of the others.
func StepSwiGLU[T Float](z, p, m, s []T, alpha, gamma T) {
	mustMatch("StepSwiGLU", len(z), len(p), len(m), len(s))
	n := whole[T](len(z), lanes)
	if n > 0 {
		stepSwiGLU(at32(z), at32(p), at32(m), at32(s), n, float32(alpha), float32(gamma))
	}
	stepSwiGLUGeneric(z[n:], p[n:], m[n:], s[n:], alpha, gamma)
}

// DescendGate takes so many gradient steps of a fixed length:
//
//	for range steps {
//		c := 1/(1+exp(-s[i]))
//		e := p[i] - s[i]*c*z[i]
//		slope := c*(1+s[i]*(1-c))
//		s[i] -= rate*(2*alpha*(s[i]-m[i]) - 2*gamma*e*z[i]*slope)
//	}
func DescendGate[T Float](s, p, m, z []T, alpha, gamma, rate T, steps int) {
	mustMatch("DescendGate", len(s), len(p), len(m), len(z))
	n := whole[T](len(s), lanes)
	for range steps {
		if n > 0 {
			descendGate(at32(s), at32(p), at32(m), at32(z), n, float32(2*alpha), float32(2*gamma), float32(rate))
		}
		descendGateGeneric(s[n:], p[n:], m[n:], z[n:], 2*alpha, 2*gamma, rate)
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
//
// In float64 products are rounded in another order.
func NewtonGate[T Float](s, p, m, z []T, alpha, gamma T) {
	mustMatch("NewtonGate", len(s), len(p), len(m), len(z))
	n := whole[T](len(s), lanes)
	if n > 0 {
		newtonGate(at32(s), at32(p), at32(m), at32(z), n, float32(alpha), float32(gamma))
	}
	if s, ok := any(s[n:]).([]float32); ok {
		newtonGateGeneric(s, any(p[n:]).([]float32), any(m[n:]).([]float32), any(z[n:]).([]float32), float32(alpha), float32(gamma))
		return
	}
	newtonGateDouble(s, p, m, z, alpha, gamma)
}
