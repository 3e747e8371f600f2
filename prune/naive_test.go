package prune

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"sparsellm/linalg"
)

// This is SparseLLM once more, as plainly as it can be written: in float64, with
// the paper's matrices (a column per token), all tokens at once, and no function
// of linalg or of this package. It does not quantise, raises no damping, and
// knows no ties between weights.

type naiveNet struct {
	kind
	first []naiveMatrix // W₁ and, if gated, W_g
	bias  [][]float64   // theirs
	last  naiveMatrix   // W₂
}

// pre returns W₁X + b₁ and, if gated, W_gX + b_g.
func (n naiveNet) pre(x naiveMatrix) (v []naiveMatrix) {
	for k, w := range n.first {
		wx := times(w, x)
		v = append(v, build(len(w), len(x[0]), func(i, t int) float64 { return wx[i][t] + n.bias[k][i] }))
	}
	return v
}

// act is φ(z), or φ(s)∘z.
func (n naiveNet) act(v []naiveMatrix) naiveMatrix {
	return build(len(v[0]), len(v[0][0]), func(i, t int) float64 {
		if !n.gated {
			return plainPhi(n.activation, v[0][i][t])
		}
		return plainPhi(n.activation, v[1][i][t]) * v[0][i][t]
	})
}

// naiveSparseLLM prunes dense for the inputs x, the last of which are held out,
// and returns the epoch that it keeps, and the relative error of each.
func naiveSparseLLM(dense naiveNet, x naiveMatrix, held, samples, epochs int, spec Spec, c Penalties) (best naiveNet, kept int, errs []float64) {
	n := len(x[0]) - held
	y := times(dense.last, dense.act(dense.pre(x))) // less b₂
	fitX, fitY := columns(x, 0, n), columns(y, 0, n)
	lost := func(net naiveNet, from int) float64 { // over the tokens from there on
		return squares(columns(y, from, n+held), times(net.last, dense.act(net.pre(columns(x, from, n+held)))))
	}
	v := dense.pre(fitX) // z and s
	prune := func(w, w0, x naiveMatrix) naiveMatrix { return surgeon(w, w0, x, samples, spec) }
	net := naiveNet{kind: dense.kind, bias: dense.bias, last: prune(dense.last, dense.last, dense.act(v))}
	for _, w := range dense.first {
		net.first = append(net.first, prune(w, w, fitX))
	}
	var judged []float64
	for e := 0; e < epochs; e++ {
		if e >= 2 {
			m, p := net.pre(fitX), naiveP(net.last, fitY, dense.act(v), c)
			each(p, func(i, t int) {
				if !dense.gated {
					v[0][i][t] = naiveInner(dense.activation, v[0][i][t], p[i][t], m[0][i][t], 1, c)
					return
				}
				g := plainPhi(dense.activation, v[1][i][t])
				v[0][i][t] = (c.Alpha*m[0][i][t] + c.Gamma*g*p[i][t]) / (c.Alpha + c.Gamma*g*g)
				if dense.activation == "silu" {
					v[1][i][t] = naiveS(v[1][i][t], p[i][t], m[1][i][t], v[0][i][t], c)
				} else {
					v[1][i][t] = naiveInner(dense.activation, v[1][i][t], p[i][t], m[1][i][t], v[0][i][t], c)
				}
			})
			net.first = nil
			for k, w0 := range dense.first {
				target := build(len(w0), n, func(i, t int) float64 { return v[k][i][t] - dense.bias[k][i] })
				net.first = append(net.first, prune(ridgeFitted(w0, target, fitX, 0.001), w0, fitX))
			}
		}
		if e >= 1 {
			a := dense.act(net.pre(fitX))
			net.last = prune(ridgeFitted(dense.last, fitY, a, 0.3), dense.last, a)
		}
		errs = append(errs, lost(net, 0)/squares(y, nil))
		judged = append(judged, errs[e])
		if held > 0 {
			judged[e] = lost(net, n)
		}
		if e == 0 || judged[e] < judged[kept] && errs[e] <= errs[0] {
			best, kept = net, e
		} else if e >= 2 {
			break
		}
	}
	if epochs > 1 {
		refitted := best
		refitted.last = onSupport(best.last, dense.last, y, dense.act(best.pre(x)), 0.1)
		if lost(refitted, 0) <= lost(best, 0) {
			best = refitted
		}
	}
	return best, kept, errs
}

// naiveP returns (βW₂ᵀW₂ + γI)⁻¹(βW₂ᵀY + γφ).
func naiveP(w2, y, phi naiveMatrix, c Penalties) naiveMatrix {
	left, right := times(transpose(w2), w2), times(transpose(w2), y)
	each(left, func(i, j int) { left[i][j] = c.Beta * left[i][j] })
	each(right, func(i, t int) { right[i][t] = c.Beta*right[i][t] + c.Gamma*phi[i][t] })
	return solve(plusDiagonal(left, c.Gamma), right)
}

// naiveInner lowers γ(p − wφ(t))² + α(t − m)².
func naiveInner(name string, t, p, m, w float64, c Penalties) float64 {
	cost := func(t float64) float64 {
		return c.Gamma*math.Pow(p-w*plainPhi(name, t), 2) + c.Alpha*math.Pow(t-m, 2)
	}
	lower := func(u float64) bool { // and then it is taken
		if !(cost(u) < cost(t)) {
			return false
		}
		t = u
		return true
	}
	switch name {
	case "relu":
		lower(min(m, 0))
		lower(max((c.Gamma*w*p+c.Alpha*m)/(c.Gamma*w*w+c.Alpha), 0))
		return t
	case "relu2": // the cubic's root by Cardano, or by an angle
		lower(min(m, 0))
		cubic := 2 * c.Gamma * w * w
		third, half := (c.Alpha-2*c.Gamma*w*p)/cubic/3, c.Alpha*m/cubic/2
		if d := half*half + third*third*third; d >= 0 {
			lower(max(math.Cbrt(half+math.Sqrt(d))+math.Cbrt(half-math.Sqrt(d)), 0))
		} else {
			lower(max(2*math.Sqrt(-third)*math.Cos(math.Acos(half/math.Sqrt(-third*third*third))/3), 0))
		}
		return t
	}
	newton := func() float64 {
		slope, curve := naiveSlopes(name, t)
		r, gauss := p-w*plainPhi(name, t), c.Alpha+c.Gamma*math.Pow(w*slope, 2)
		second := gauss - c.Gamma*w*r*curve
		if second <= gauss/4 {
			second = gauss
		}
		return (c.Alpha*(t-m) - c.Gamma*w*r*slope) / second
	}
	lower(naiveOnLines(name, p, m, w, c))
	step := newton()
	for range 4 {
		if lower(t - step) {
			step = newton()
		} else {
			step /= 4
		}
	}
	return t
}

// naiveOnLines minimises γ(p − wφ(t))² + α(t − m)² for a φ that is 0 before the
// first knot, t after the last, and a chord between two.
func naiveOnLines(name string, p, m, w float64, c Penalties) (best float64) {
	knots := map[string][]float64{
		"silu":       {-6, -4, -2.6, -1.28, -0.4, 0.5, 1.5, 4},
		"quick_gelu": {-3.5, -2.35, -1.53, -0.75, -0.235, 0.29, 0.88, 2.35},
		"gelu":       {-3, -2.1, -1.5, -0.75, -0.2, 0.3, 0.9, 2.2},
		"gelu_new":   {-3, -2.1, -1.5, -0.75, -0.2, 0.3, 0.9, 2.2},
	}[name]
	least := math.Inf(1)
	for k := 0; k <= len(knots); k++ {
		from, to, at, value, slope := math.Inf(-1), math.Inf(1), 0.0, 0.0, 0.0
		if k > 0 {
			from, at, value = knots[k-1], knots[k-1], plainPhi(name, knots[k-1])
		}
		if k == 1 {
			value = 0
		}
		if k < len(knots) {
			to = knots[k]
		}
		switch {
		case k == len(knots):
			value, slope = from, 1
		case k == len(knots)-1:
			slope = (to - value) / (to - from)
		case k > 0:
			slope = (plainPhi(name, to) - value) / (to - from)
		}
		// Products with knots are in float32, as tables are.
		at0, slope := float64(float32(value-slope*at)), float64(float32(slope))
		from, to = float64(float32(from)), float64(float32(to))
		t := (c.Gamma*w*slope*(p-w*at0) + c.Alpha*m) / (c.Gamma*w*slope*w*slope + c.Alpha)
		t = min(max(t, from), to)
		if cost := c.Gamma*math.Pow(p-w*(at0+slope*t), 2) + c.Alpha*math.Pow(t-m, 2); cost < least {
			best, least = t, cost
		}
	}
	return best
}

// naiveSlopes returns φ′ and φ″.
func naiveSlopes(name string, x float64) (slope, curve float64) {
	if name == "gelu" { // x·Φ(x)
		density := math.Exp(-x*x/2) / math.Sqrt(2*math.Pi)
		return math.Erfc(-x/math.Sqrt2)/2 + x*density, density * (2 - x*x)
	}
	h, h1, h2 := x, 1.0, 0.0 // x·σ(h)
	switch name {
	case "quick_gelu":
		h, h1 = 1.702*x, 1.702
	case "gelu_new":
		k := math.Sqrt(8 / math.Pi)
		h, h1, h2 = k*(x+0.044715*x*x*x), k*(1+3*0.044715*x*x), k*6*0.044715*x
	}
	s := 1 / (1 + math.Exp(-h))
	s1 := s * (1 - s) * h1
	s2 := s*(1-s)*(1-2*s)*h1*h1 + s*(1-s)*h2
	return s + x*s1, 2*s1 + x*s2
}

// naiveS takes a Gauss–Newton step on α(s − m)² + γ(p − silu(s)z)².
func naiveS(s, p, m, z float64, c Penalties) float64 {
	cost := func(s float64) float64 {
		return c.Alpha*math.Pow(s-m, 2) + c.Gamma*math.Pow(p-plainPhi("silu", s)*z, 2)
	}
	sigma := 1 / (1 + math.Exp(-s))
	slope := z * sigma * (1 + s*(1-sigma))
	step := (c.Alpha*(s-m) - c.Gamma*(p-plainPhi("silu", s)*z)*slope) / (c.Alpha + c.Gamma*slope*slope)
	for k := 0; k < 6; k, step = k+1, step/4 {
		if cost(s-step) < cost(s) {
			return s - step
		}
	}
	return s
}

// TestNaive holds SparseLLM to its plain form: the same masks, the same epoch,
// and weights that differ by rounding alone.
func TestNaive(t *testing.T) {
	t.Parallel()
	for _, k := range []kind{{"relu", false}, {"silu", true}} {
		for _, s := range []Spec{spec(0.5, Pattern{}), spec(0.7, Pattern{}), spec(0, Pattern{2, 4})} {
			for _, keep := range []bool{false, true} {
				for _, held := range []int{0, 40} {
					for epochs := 1; epochs <= 4; epochs++ {
						s.KeepMask = keep
						compareNaive(t, k, s, 320, held, epochs)
					}
				}
			}
		}
		compareNaive(t, k, spec(0.6, Pattern{}), chunkTokens+300, 150, 4) // chunks and a part of one
	}
	for _, k := range kinds() { // the steps of which are all that differs
		for _, held := range []int{0, 40} {
			compareNaive(t, k, spec(0.6, Pattern{}), 320, held, 4)
		}
	}
}

func compareNaive(t *testing.T, k kind, s Spec, tokens, held, epochs int) {
	t.Helper()
	const d, f, samples = 20, 36, 40
	gated := k.gated
	what := fmt.Sprintf("%v, %v %v, keep mask %v, %d of %d tokens held out, %d epochs", k, s.Sparsity, s.Pattern, s.KeepMask, held, tokens, epochs)
	rng := rand.New(rand.NewPCG(91, 92))
	x, _ := correlated(rng, tokens, d)
	for i := range x.Data {
		x.Data[i] *= 0.3
	}
	for t := range tokens {
		x.Set(t, 5, 0) // a dead feature
	}
	n := &FFN[float64]{Activation: k.activation, Up: randomMatrix(rng, f, d), Down: randomMatrix(rng, d, f)}
	matrices := []linalg.Matrix[float64]{n.Up, n.Down}
	if gated {
		n.Gate = randomMatrix(rng, f, d)
		matrices = append(matrices, n.Gate)
	}
	for _, m := range matrices { // zeros to be kept, in the first columns more than their share
		for i := range m.Rows {
			for j := range m.Cols {
				if share := rng.Float64(); s.KeepMask && (share < 0.1 || j < 16 && share < 0.52) {
					m.Set(i, j, 0)
				}
			}
		}
	}
	plain := func(m linalg.Matrix[float64]) naiveMatrix { return build(m.Rows, m.Cols, m.At) }
	dense := naiveNet{kind: k, first: []naiveMatrix{plain(n.Up)}, bias: [][]float64{make([]float64, f), make([]float64, f)}, last: plain(n.Down)}
	if gated {
		dense.first = append(dense.first, plain(n.Gate))
	}
	if held > 0 { // and biases
		n.UpBias, n.DownBias = randomMatrix(rng, 1, f).Data, randomMatrix(rng, 1, d).Data
		if dense.bias[0] = n.UpBias; gated {
			n.GateBias = randomMatrix(rng, 1, f).Data
			dense.bias[1] = n.GateBias
		}
	}
	c := Penalties{Alpha: 0.3, Beta: 1.5, Gamma: 0.8}
	want, kept, errs := naiveSparseLLM(dense, transpose(plain(x)), held, samples, epochs, s, c)

	out, err := SparseLLM(context.Background(), linalg.NewPool(2), Problem[float64]{
		Net: n, X: x, Samples: samples, Spec: s, Penalties: c, Epochs: epochs, Held: held,
	})
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if out.Kept != kept || len(out.Objective) != len(errs) {
		t.Fatalf("%s: epoch %d of %v is kept, want %d of %v", what, out.Kept, out.Objective, kept, errs)
	}
	for e, v := range errs {
		if math.Abs(out.Objective[e]-v) > 1e-9*v {
			t.Errorf("%s: epoch %d has the error %v, want %v", what, e, out.Objective[e], v)
		}
	}
	got := []linalg.Matrix[float64]{n.Up, n.Down, n.Gate}
	// Costs that differ by rounding tell steps apart that differ by its root.
	bound := 1e-9
	if k != (kind{"silu", true}) && k.activation[:4] != "relu" {
		bound = 1e-8
	}
	for i, w := range append([]naiveMatrix{want.first[0], want.last}, want.first[1:]...) {
		diff, masks := distance(got[i], linalg.MatrixOf(len(w), len(w[0]), slices.Concat(w...)))
		if diff > bound || masks > 0 {
			t.Errorf("%s: %s is off by %.3g, %d masks differ", what, []string{"up", "down", "gate"}[i], diff, masks)
		}
	}
}
