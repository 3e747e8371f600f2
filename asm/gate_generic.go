package asm

// Conversions around products keep the compiler from fusing them: every tier
// rounds alike.

func stepReLUGeneric(z, p, m []float32, alpha, gamma float32) {
	sum := gamma + alpha
	for i, mi := range m {
		pi := p[i]
		a := (float32(gamma*pi) + float32(alpha*mi)) / sum
		if a < 0 {
			a = 0
		}
		b := mi
		if b > 0 {
			b = 0
		}
		d, e := pi-a, a-mi
		costA := float32(gamma*float32(d*d)) + float32(alpha*float32(e*e))
		e = b - mi
		costB := float32(gamma*float32(pi*pi)) + float32(alpha*float32(e*e))
		if costB < costA {
			z[i] = b
		} else {
			z[i] = a
		}
	}
}

func stepSwiGLUGeneric(z, p, m, s []float32, alpha, gamma float32) {
	for i, si := range s {
		g := si / (1 + exp32(-si))
		h := float32(gamma * g)
		z[i] = (float32(alpha*m[i]) + float32(h*p[i])) / (alpha + float32(h*g))
	}
}

// descendGateGeneric takes one step, given 2α and 2γ.
func descendGateGeneric(s, p, m, z []float32, alpha2, gamma2, rate float32) {
	for i, si := range s {
		c := sigmoid32(si)
		e := p[i] - float32(float32(si*c)*z[i])
		slope := float32(c * (1 + float32(si*(1-c))))
		g := float32(alpha2*(si-m[i])) - float32(float32(float32(gamma2*e)*z[i])*slope)
		s[i] = si - float32(rate*g)
	}
}

// gateTrials is how many lengths of step NewtonGate tries.
const gateTrials = 6

func newtonGateGeneric(s, p, m, z []float32, alpha, gamma float32) {
	for i, si := range s {
		c := sigmoid32(si)
		d := si - m[i]
		e := p[i] - float32(float32(si*c)*z[i])
		cost := float32(alpha*float32(d*d)) + float32(gamma*float32(e*e))
		slope := float32(z[i] * float32(c*(1+float32(si*(1-c)))))
		h := float32(gamma * slope)
		step := (float32(alpha*d) - float32(h*e)) / (alpha + float32(h*slope))
		for range gateTrials {
			t := si - step
			d := t - m[i]
			e := p[i] - float32(float32(t*sigmoid32(t))*z[i])
			if float32(alpha*float32(d*d))+float32(gamma*float32(e*e)) < cost {
				s[i] = t
				break
			}
			step *= 0.25
		}
	}
}
