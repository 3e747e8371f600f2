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

// phi is relu(z), or silu(s)∘z.
func phi(v []naiveMatrix) naiveMatrix {
	return build(len(v[0]), len(v[0][0]), func(i, t int) float64 {
		if len(v) == 1 {
			return max(v[0][i][t], 0)
		}
		return silu(v[1][i][t]) * v[0][i][t]
	})
}

func silu(s float64) float64 { return s / (1 + math.Exp(-s)) }

// naiveSparseLLM prunes dense for the inputs x, the last of which are held out,
// and returns the epoch that it keeps, and the relative error of each.
func naiveSparseLLM(dense naiveNet, x naiveMatrix, held, samples, epochs int, spec Spec, c Penalties) (best naiveNet, kept int, errs []float64) {
	n := len(x[0]) - held
	y := times(dense.last, phi(dense.pre(x))) // less b₂
	fitX, fitY := columns(x, 0, n), columns(y, 0, n)
	lost := func(net naiveNet, from int) float64 { // over the tokens from there on
		return squares(columns(y, from, n+held), times(net.last, phi(net.pre(columns(x, from, n+held)))))
	}
	v := dense.pre(fitX) // z and s
	prune := func(w, w0, x naiveMatrix) naiveMatrix { return surgeon(w, w0, x, samples, spec) }
	net := naiveNet{bias: dense.bias, last: prune(dense.last, dense.last, phi(v))}
	for _, w := range dense.first {
		net.first = append(net.first, prune(w, w, fitX))
	}
	var judged []float64
	for e := 0; e < epochs; e++ {
		if e >= 2 {
			m, p := net.pre(fitX), naiveP(net.last, fitY, phi(v), c)
			each(p, func(i, t int) {
				if len(v) == 1 {
					v[0][i][t] = naiveZ(p[i][t], m[0][i][t], c)
					return
				}
				g := silu(v[1][i][t])
				v[0][i][t] = (c.Alpha*m[0][i][t] + c.Gamma*g*p[i][t]) / (c.Alpha + c.Gamma*g*g)
				v[1][i][t] = naiveS(v[1][i][t], p[i][t], m[1][i][t], v[0][i][t], c)
			})
			net.first = nil
			for k, w0 := range dense.first {
				target := build(len(w0), n, func(i, t int) float64 { return v[k][i][t] - dense.bias[k][i] })
				net.first = append(net.first, prune(ridgeFitted(w0, target, fitX, 0.001), w0, fitX))
			}
		}
		if e >= 1 {
			a := phi(net.pre(fitX))
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
		refitted.last = onSupport(best.last, dense.last, y, phi(best.pre(x)), 0.1)
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

// naiveZ minimises γ(p − relu(z))² + α(z − m)².
func naiveZ(p, m float64, c Penalties) float64 {
	cost := func(z float64) float64 {
		return c.Gamma*math.Pow(p-max(z, 0), 2) + c.Alpha*math.Pow(z-m, 2)
	}
	pos, neg := max((c.Gamma*p+c.Alpha*m)/(c.Gamma+c.Alpha), 0), min(m, 0)
	if cost(neg) < cost(pos) {
		return neg
	}
	return pos
}

// naiveS takes a Gauss–Newton step on α(s − m)² + γ(p − silu(s)z)².
func naiveS(s, p, m, z float64, c Penalties) float64 {
	cost := func(s float64) float64 { return c.Alpha*math.Pow(s-m, 2) + c.Gamma*math.Pow(p-silu(s)*z, 2) }
	sigma := 1 / (1 + math.Exp(-s))
	slope := z * sigma * (1 + s*(1-sigma))
	step := (c.Alpha*(s-m) - c.Gamma*(p-silu(s)*z)*slope) / (c.Alpha + c.Gamma*slope*slope)
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
	for _, gated := range []bool{false, true} {
		for _, s := range []Spec{spec(0.5, Pattern{}), spec(0.7, Pattern{}), spec(0, Pattern{2, 4})} {
			for _, keep := range []bool{false, true} {
				for _, held := range []int{0, 40} {
					for epochs := 1; epochs <= 4; epochs++ {
						s.KeepMask = keep
						compareNaive(t, gated, s, 320, held, epochs)
					}
				}
			}
		}
		compareNaive(t, gated, spec(0.6, Pattern{}), chunkTokens+300, 150, 4) // chunks and a part of one
	}
}

func compareNaive(t *testing.T, gated bool, s Spec, tokens, held, epochs int) {
	t.Helper()
	const d, f, samples = 20, 36, 40
	what := fmt.Sprintf("gated %v, %v %v, keep mask %v, %d of %d tokens held out, %d epochs", gated, s.Sparsity, s.Pattern, s.KeepMask, held, tokens, epochs)
	rng := rand.New(rand.NewPCG(91, 92))
	x, _ := correlated(rng, tokens, d)
	for i := range x.Data {
		x.Data[i] *= 0.3
	}
	for t := range tokens {
		x.Set(t, 5, 0) // a dead feature
	}
	n := &FFN[float64]{Activation: testActivation(gated), Up: randomMatrix(rng, f, d), Down: randomMatrix(rng, d, f)}
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
	dense := naiveNet{first: []naiveMatrix{plain(n.Up)}, bias: [][]float64{make([]float64, f), make([]float64, f)}, last: plain(n.Down)}
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
	for k, w := range append([]naiveMatrix{want.first[0], want.last}, want.first[1:]...) {
		diff, masks := distance(got[k], linalg.MatrixOf(len(w), len(w[0]), slices.Concat(w...)))
		if diff > 1e-9 || masks > 0 {
			t.Errorf("%s: %s is off by %.3g, %d masks differ", what, []string{"up", "down", "gate"}[k], diff, masks)
		}
	}
}
