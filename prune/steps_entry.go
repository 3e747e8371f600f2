package prune

import (
	"math"

	"sparsellm/asm"
	"sparsellm/internal/activation"
	"sparsellm/linalg"
)

// stepGated is the z step of a gated network, for any φ, of which value writes
// φ(x) to dst: the minimiser of α(z − m)² + γ(p − φ(s)·z)²,
//
//	z = (αm + γ·φ(s)·p) / (α + γ·φ(s)²),
//
// in float64, which squares of float32 do not overflow, and 0 where φ(s) itself did.
func stepGated[T linalg.Float](value func(dst, x, _ []T)) func(z, p, m, s []T, alpha, gamma T) {
	return func(z, p, m, s []T, alpha, gamma T) {
		value(z, s, nil)
		a, c := float64(alpha), float64(gamma)
		for i, phi := range z {
			g := float64(phi)
			if math.IsInf(g, 0) {
				z[i] = 0
				continue
			}
			z[i] = T((a*float64(m[i]) + c*g*float64(p[i])) / (a + c*g*g))
		}
	}
}

// stepInner returns the step of what φ is of: of z in a network without a gate,
// of s in one with. It lowers α(t − m)² + γ(p − w·φ(t))², t being z and w being 1,
// or t being s and w being z.
//
// A smooth φ has its least value somewhat below 0 (−0.17 at −0.75 for GELU, −0.28
// at −1.28 for SiLU), and w·φ(t) = p may have two solutions, one on either side,
// besides which t = m is near a minimum where φ is flat. So the step starts at the
// exact minimum for nine straight lines in φ's place, which picks the side, and
// goes on by Newton's steps, none of which is taken unless it lowers the objective
// (asm.StepSmooth).
//
// For relu(t) and relu(t)² the best t ≤ 0 is min(m, 0). The best t ≥ 0 is
//
//	t = max((αm + γwp)/(α + γw²), 0)
//
// for relu(t), and for its square a root of 2γw²t³ + (α − 2γwp)t − αm, the greatest:
// the least is a maximum.
func stepInner[T linalg.Float](phi activation.Function) func(t, p, m, w []T, alpha, gamma T) {
	if phi.Smooth != nil {
		return func(t, p, m, w []T, alpha, gamma T) { asm.StepSmooth(phi.Smooth, t, p, m, w, alpha, gamma) }
	}
	return func(t, p, m, w []T, alpha, gamma T) {
		a, c := float64(alpha), float64(gamma)
		for i, old := range t {
			pi, mi, wi := float64(p[i]), float64(m[i]), 1.0
			if w != nil {
				wi = float64(w[i])
			}
			cost := func(t T) float64 {
				on := max(float64(t), 0)
				if phi.Squared {
					on *= on
				}
				d, r := float64(t)-mi, pi-wi*on
				return a*d*d + c*r*r
			}
			above := (a*mi + c*wi*pi) / (a + c*wi*wi)
			if phi.Squared {
				above = greatestRoot(2*c*wi*wi, a-2*c*wi*pi, -a*mi)
			}
			best, least := old, cost(old)
			for _, v := range [2]T{T(max(above, 0)), min(m[i], 0)} {
				if now := cost(v); now < least {
					best, least = v, now
				}
			}
			t[i] = best
		}
	}
}

// greatestRoot returns the greatest t > 0 where at³ + bt + c = 0, a ≥ 0, and 0 if
// there is none. What is convex, Newton's steps go down to from above.
func greatestRoot(a, b, c float64) float64 {
	if c >= 0 && (b >= 0 || 27*a*c*c > -4*b*b*b) {
		return 0
	}
	var t float64
	switch {
	case b <= 0:
		// With c < 0, t = √(−b/a) is too low, and √(P + Q/√P) too high for t³ = Pt + Q.
		root := math.Sqrt(-b / a)
		t = root
		if q := -c / a; q > 20*root*root*root {
			t += math.Cbrt(q)
		} else if q > 0 {
			t = math.Sqrt(root*root + q/root)
		}
	default: // each of a and b alone would have a higher root
		t = -c / b
		if a*t*t > 8*b {
			t = math.Cbrt(-c / a)
		}
	}
	for range 50 {
		next := t - ((a*t*t+b)*t+c)/(3*a*t*t+b)
		if !(next < t) {
			break
		}
		near := t-next < 1e-8*t // and next is as near again
		if t = next; near {
			break
		}
	}
	return t
}
