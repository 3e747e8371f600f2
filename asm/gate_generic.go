package asm

// Conversions around products keep the compiler from fusing them: every tier
// rounds alike.

func stepReLUGeneric[T Float](z, p, m []T, alpha, gamma T) {
	sum := gamma + alpha
	for i, mi := range m {
		pi := p[i]
		a := (T(gamma*pi) + T(alpha*mi)) / sum
		if a < 0 {
			a = 0
		}
		b := mi
		if b > 0 {
			b = 0
		}
		d, e := pi-a, a-mi
		costA := T(gamma*T(d*d)) + T(alpha*T(e*e))
		e = b - mi
		costB := T(gamma*T(pi*pi)) + T(alpha*T(e*e))
		if costB < costA {
			z[i] = b
		} else {
			z[i] = a
		}
	}
}

func stepSwiGLUGeneric[T Float](z, p, m, s []T, alpha, gamma T) {
	for i, si := range s {
		g := si / (1 + exp(-si))
		h := T(gamma * g)
		z[i] = (T(alpha*m[i]) + T(h*p[i])) / (alpha + T(h*g))
	}
}

// descendGateGeneric takes one step, given 2α and 2γ.
func descendGateGeneric[T Float](s, p, m, z []T, alpha2, gamma2, rate T) {
	for i, si := range s {
		c := sigmoid(si)
		e := p[i] - T(T(si*c)*z[i])
		slope := T(c * (1 + T(si*(1-c))))
		g := T(alpha2*(si-m[i])) - T(T(T(gamma2*e)*z[i])*slope)
		s[i] = si - T(rate*g)
	}
}

// gateTrials is how many lengths of step NewtonGate tries.
const gateTrials = 6

func newtonGateGeneric(s, p, m, z []float32, alpha, gamma float32) {
	for i, si := range s {
		c := sigmoid(si)
		d := si - m[i]
		e := p[i] - float32(float32(si*c)*z[i])
		cost := float32(alpha*float32(d*d)) + float32(gamma*float32(e*e))
		slope := float32(z[i] * float32(c*(1+float32(si*(1-c)))))
		h := float32(gamma * slope)
		step := (float32(alpha*d) - float32(h*e)) / (alpha + float32(h*slope))
		for range gateTrials {
			t := si - step
			d := t - m[i]
			e := p[i] - float32(float32(t*sigmoid(t))*z[i])
			if float32(alpha*float32(d*d))+float32(gamma*float32(e*e)) < cost {
				s[i] = t
				break
			}
			step *= 0.25
		}
	}
}

func newtonGateDouble[T Float](s, p, m, z []T, alpha, gamma T) {
	for i, v := range s {
		cost := func(s T) T {
			d, e := s-m[i], p[i]-s/(1+exp(-s))*z[i]
			return alpha*d*d + gamma*e*e
		}
		c := 1 / (1 + exp(-v))
		slope := z[i] * (c * (1 + v*(1-c)))
		g := alpha*(v-m[i]) - gamma*(p[i]-v*c*z[i])*slope
		step, before := g/(alpha+gamma*slope*slope), cost(v)
		for range gateTrials {
			if cost(v-step) < before {
				s[i] = v - step
				break
			}
			step /= 4
		}
	}
}
