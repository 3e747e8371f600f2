package activation

import (
	"math"

	"sparsellm/asm"
)

// Slope returns the derivative φ'(x) of the activation of that name, given x and
// φ(x). Those of the form x·σ(g(x)), which all smooth ones but one are, have
//
//	φ' = σ + x·σ·(1 − σ)·g',  σ = φ/x
//
// and x·Φ(x) has Φ + x·exp(−x²/2)/√(2π). That of relu at 0 is 0.
func Slope(name string) (func(x, phi float64) float64, error) {
	f, err := Named(name)
	switch {
	case err != nil:
		return nil, err
	case f.Smooth == asm.GELU:
		return func(x, phi float64) float64 {
			return share(x, phi) + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
		}, nil
	case f.Smooth == asm.SiLU:
		return func(x, phi float64) float64 { return logistic(x, phi, 1) }, nil
	case f.Smooth == asm.QuickGELU:
		return func(x, phi float64) float64 { return logistic(x, phi, 1.702) }, nil
	case f.Smooth == asm.GELUTanh:
		twice := 2 * math.Sqrt(2/math.Pi)
		return func(x, phi float64) float64 { return logistic(x, phi, twice*(1+3*0.044715*x*x)) }, nil
	case f.Squared:
		return func(x, _ float64) float64 { return 2 * max(x, 0) }, nil
	}
	return func(x, _ float64) float64 {
		if x > 0 {
			return 1
		}
		return 0
	}, nil
}

// logistic is the derivative of φ = x·σ(g(x)), g' being slope.
func logistic(x, phi, slope float64) float64 {
	s := share(x, phi)
	if s == 0 {
		return 0 // also where g' is infinite
	}
	return s + x*s*(1-s)*slope
}

// share is φ/x, which is 1/2 at 0 of all that are smooth.
func share(x, phi float64) float64 {
	if x == 0 {
		return 0.5
	}
	return phi / x
}
