package asm

import "math"

// As in gate_generic.go, conversions around products keep the compiler from
// fusing them. Where a product's rounding error is wanted, the kernels have it
// by a fused instruction, and float32 has it here by float64, which holds the
// product of two.

func activateGeneric[T Float](f *Smooth, dst, x, up []T) {
	at := atFunc[T](f)
	for i, v := range x {
		y, _, _ := at(f, v)
		if up != nil {
			y *= up[i]
		}
		dst[i] = y
	}
}

// smoothTrials is how many t StepSmooth looks at: where lines have their least
// cost, where t is, and where so many steps less two lead.
const smoothTrials = 6

func stepSmoothGeneric[T Float](f *Smooth, t, p, m, w []T, alpha, gamma T) {
	at := atFunc[T](f)
	for i, x := range t {
		pi, mi, wi := p[i], m[i], T(1)
		if w != nil {
			wi = w[i]
		}
		trial := bestOnLines(&f.pieces, x, pi, mi, wi, alpha, gamma)
		// newton returns the cost at t and the step that lowers it.
		newton := func(t T) (cost, step T) {
			value, slope, curve := at(f, t)
			d, r := t-mi, pi-T(wi*value)
			cost = T(alpha*T(d*d)) + T(gamma*T(r*r))
			pull, ws := T(gamma*T(wi*r)), T(wi*slope)
			gauss := alpha + T(T(gamma*ws)*ws)
			h := gauss - T(pull*curve)
			if !(h > T(0.25*gauss)) {
				h = gauss
			}
			return cost, (T(alpha*d) - T(pull*slope)) / h
		}
		least, step := T(math.Inf(1)), T(0)
		for k := 0; ; k++ {
			if cost, next := newton(trial); cost < least {
				x, least, step = trial, cost, next
			}
			if k == smoothTrials-1 {
				break
			}
			if k == 0 {
				trial = t[i]
				continue
			}
			trial = x - step
			step *= 0.25
		}
		t[i] = x
	}
}

// bestOnLines returns where alpha*(t-m)² + gamma*(p-w*φ(t))² is least for φ of
// straight lines, or x where no cost is finite.
func bestOnLines[T Float](lines *[pieces]piece, x, p, m, w, alpha, gamma T) T {
	least := T(math.Inf(1))
	for _, l := range lines {
		e, ws := p-T(w*T(l.at0)), T(w*T(l.slope))
		pull := T(gamma * ws)
		t := (T(alpha*m) + T(pull*e)) / (alpha + T(pull*ws))
		if t < T(l.from) {
			t = T(l.from)
		}
		if t > T(l.to) {
			t = T(l.to)
		}
		d, r := t-m, e-T(ws*t)
		if cost := T(alpha*T(d*d)) + T(gamma*T(r*r)); cost < least {
			x, least = t, cost
		}
	}
	return x
}

// atFunc returns what computes φ, φ′ and φ″ at a number.
func atFunc[T Float](f *Smooth) func(f *Smooth, x T) (value, slope, curve T) {
	at := any((*Smooth).at64)
	switch {
	case single[T]() && f.normal:
		at = (*Smooth).normal32
	case single[T]():
		at = (*Smooth).logistic32
	}
	return at.(func(*Smooth, T) (T, T, T))
}

// smoothMax is a number beyond which F is 0 or 1 in float32, and all that is made
// of it finite.
const smoothMax = 128

func clampSmooth[T Float](x T) T {
	if x < -smoothMax {
		return -smoothMax
	}
	if x > smoothMax {
		return smoothMax
	}
	return x
}

// residue is the rounding error y - u*v of the product y of u and v.
func residue(y, u, v float32) float32 { return float32(float64(y) - float64(u)*float64(v)) }

// logistic32 has e⁻ʰ of h = x(a + bx²) as a sum of two float32: where h is −80 a
// rounding of h alone would be one of 80 ulp.
func (f *Smooth) logistic32(x float32) (value, slope, curve float32) {
	s := &f.split
	y := clampSmooth(x)
	y2 := float32(y * y)
	cubic := float32(s.b * y2)
	q := s.a + cubic
	part := q - s.a
	low := (s.a - (q - part)) + (cubic - part) - residue(cubic, s.b, y2)
	low = low - float32(s.b*residue(y2, y, y)) + (float32(s.bLow*y2) + s.aLow)
	h := float32(y * q)
	low = float32(y*low) - residue(h, y, q)
	c := 1 / (1 + expSum32(-h, -low))
	h1 := s.a + float32(s.b3*y2)
	c1 := float32(c * (1 - c))
	value = float32(x * c)
	slope = c + float32(float32(y*c1)*h1)
	bend := float32(float32(1-float32(2*c))*float32(h1*h1)) + float32(s.b6*y)
	curve = float32(c1 * (float32(2*h1) + float32(y*bend)))
	return value, slope, curve
}

// Φ(−x) = e^(−x²/2)·t·P(t), t = 1/(1 + 5x/16), for x ≥ 0, where P, of degree 9, is
// the minimax approximation for the relative error, 2.9e-8 with coefficients in
// float32.
const (
	normalScale = 0.3125
	normal0     = 0x1.fea118p-4
	normal1     = 0x1.fefa66p-4
	normal2     = 0x1.ca44b6p-4
	normal3     = 0x1.7108e6p-4
	normal4     = 0x1.c6e028p-5
	normal5     = -0x1.4b520ap-9
	normal6     = 0x1.304f34p-4
	normal7     = -0x1.35766ap-3
	normal8     = 0x1.768f82p-4
	normal9     = -0x1.37c204p-6
	density0    = 0x1.988454p-2 // 1/√2π
)

func (*Smooth) normal32(x float32) (value, slope, curve float32) {
	y := clampSmooth(x)
	y2 := float32(y * y)
	e := expSum32(float32(-0.5*y2), float32(0.5*residue(y2, y, y)))
	t := 1 / (1 + float32(normalScale*float32(math.Abs(float64(y)))))
	tail := float32(normal9*t) + normal8
	tail = float32(tail*t) + normal7
	tail = float32(tail*t) + normal6
	tail = float32(tail*t) + normal5
	tail = float32(tail*t) + normal4
	tail = float32(tail*t) + normal3
	tail = float32(tail*t) + normal2
	tail = float32(tail*t) + normal1
	tail = float32(tail*t) + normal0
	c := float32(float32(tail*t) * e)
	if x > 0 {
		c = 1 - c
	}
	density := float32(density0 * e)
	value = float32(x * c)
	slope = c + float32(y*density)
	curve = float32(density * (2 - y2))
	return value, slope, curve
}

// at64 is φ, φ′ and φ″ in float64.
func (f *Smooth) at64(x float64) (value, slope, curve float64) {
	y := min(max(x, -1000), 1000)
	if f.normal {
		c, density := 0.5*math.Erfc(-y/math.Sqrt2), math.Exp(-0.5*y*y)/(math.Sqrt2*math.SqrtPi)
		return x * c, c + y*density, density * (2 - y*y)
	}
	h, h1 := y*(f.a+f.b*y*y), f.a+3*f.b*y*y
	c := 1 / (1 + math.Exp(-h))
	c1 := c * (1 - c)
	return x * c, c + y*c1*h1, c1 * (2*h1 + y*((1-2*c)*h1*h1+6*f.b*y))
}
