package linalg

import "sparsellm/asm"

// The steps of this file minimise, entry by entry, what an alternating
// optimisation of a feed-forward network (Bai et al. 2024) leaves of its
// objective for the pre-activation z, or the gate s, once the activation p is
// given: m is what the weights make of it. Slices are of one length.

// StepReLU sets z to the minimiser of γ(p − relu(z))² + α(z − m)²: the better
// of the best z ≥ 0, (γp + αm)/(γ + α), and the best z ≤ 0, m, each at 0 if out
// of its range, and the first where they are equally good. z may be p or m.
func StepReLU[T Float](z, p, m []T, alpha, gamma T) {
	if z, ok := any(z).([]float32); ok {
		asm.StepReLU(z, any(p).([]float32), any(m).([]float32), float32(alpha), float32(gamma))
		return
	}
	for i, mi := range m {
		pos := max((gamma*p[i]+alpha*mi)/(gamma+alpha), 0)
		neg := min(mi, 0)
		dp, dm := p[i]-pos, pos-mi
		costPos := gamma*(dp*dp) + alpha*(dm*dm)
		dm = neg - mi
		costNeg := gamma*(p[i]*p[i]) + alpha*(dm*dm)
		if costNeg < costPos {
			z[i] = neg
		} else {
			z[i] = pos
		}
	}
}

// StepSwiGLU sets z to the minimiser of γ(p − silu(s)·z)² + α(z − m)²,
//
//	z = (αm + γ·silu(s)·p) / (α + γ·silu(s)²).
//
// z may be any of the others.
func StepSwiGLU[T Float](z, p, m, s []T, alpha, gamma T) {
	if z, ok := any(z).([]float32); ok {
		asm.StepSwiGLU(z, any(p).([]float32), any(m).([]float32), any(s).([]float32), float32(alpha), float32(gamma))
		return
	}
	for i, si := range s {
		g := si / (1 + exp(-si))
		z[i] = (alpha*m[i] + gamma*g*p[i]) / (alpha + gamma*g*g)
	}
}

// DescendGate takes gradient steps s ← s − rate·∂/∂s of
// α(s − m)² + γ(p − silu(s)·z)², where silu′(s) = σ(s)(1 + s(1 − σ(s))).
func DescendGate[T Float](s, p, m, z []T, alpha, gamma, rate T, steps int) {
	if s, ok := any(s).([]float32); ok {
		asm.DescendGate(s, any(p).([]float32), any(m).([]float32), any(z).([]float32),
			float32(alpha), float32(gamma), float32(rate), steps)
		return
	}
	for range steps {
		for i, v := range s {
			c := 1 / (1 + exp(-v))
			e := p[i] - v*c*z[i]
			g := 2*alpha*(v-m[i]) - 2*gamma*e*z[i]*(c*(1+v*(1-c)))
			s[i] -= rate * g
		}
	}
}

// NewtonGate lowers α(s − m)² + γ(p − silu(s)·z)² by one Gauss–Newton step,
//
//	s ← s − g/h,  g = α(s − m) − γ(p − silu(s)·z)·z·silu′(s),
//	              h = α + γ(z·silu′(s))²,
//
// quartered until it does lower it, and left out where six lengths do not.
func NewtonGate[T Float](s, p, m, z []T, alpha, gamma T) {
	if s, ok := any(s).([]float32); ok {
		asm.NewtonGate(s, any(p).([]float32), any(m).([]float32), any(z).([]float32), float32(alpha), float32(gamma))
		return
	}
	for i, v := range s {
		cost := func(s T) T {
			d, e := s-m[i], p[i]-s/(1+exp(-s))*z[i]
			return alpha*d*d + gamma*e*e
		}
		c := 1 / (1 + exp(-v))
		slope := z[i] * (c * (1 + v*(1-c)))
		g := alpha*(v-m[i]) - gamma*(p[i]-v*c*z[i])*slope
		step, before := g/(alpha+gamma*slope*slope), cost(v)
		for range 6 {
			if cost(v-step) < before {
				s[i] = v - step
				break
			}
			step /= 4
		}
	}
}
