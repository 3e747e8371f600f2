package prune

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"sparsellm/linalg"
)

// naiveConvolution is c ∘ (Filter ∗ (b ∘ v) + Bias) of one sequence z = (b, c, v),
// as it is written.
func naiveConvolution(n *Convolution[float64], z linalg.Matrix[float64]) linalg.Matrix[float64] {
	d, w := n.Filter.Rows, n.Filter.Cols
	y := linalg.NewMatrix[float64](z.Rows, d)
	for t := range z.Rows {
		for j := range d {
			var sum float64
			for k := 0; k < w && k <= t; k++ {
				sum += n.Filter.At(j, w-1-k) * z.At(t-k, j) * z.At(t-k, 2*d+j)
			}
			if n.Bias != nil {
				sum += n.Bias[j]
			}
			y.Set(t, j, z.At(t, d+j)*sum)
		}
	}
	return y
}

func normalMatrix(r *rand.Rand, rows, cols int) linalg.Matrix[float64] {
	m := linalg.NewMatrix[float64](rows, cols)
	for i := range m.Data {
		m.Data[i] = r.NormFloat64()
	}
	return m
}

// rowsBetween returns a copy of rows from..to.
func rowsBetween(m linalg.Matrix[float64], from, to int) linalg.Matrix[float64] {
	return m.Slice(from, to, 0, m.Cols).Clone()
}

// TestConvolutionStep compares the filter with the naive one, and checks that the
// step lowers its objective in every sequence, and that what it leaves of v, the
// last to be solved for, is a minimum: no small change of it lowers the objective.
func TestConvolutionStep(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pool := linalg.NewPool(2)
	lengths := []int{7, 1, 12, 2}
	for _, w := range []int{1, 2, 3, 5} {
		for _, bias := range []bool{false, true} {
			const d = 19 // more than go together
			n := &Convolution[float64]{Filter: normalMatrix(r, d, w)}
			if bias {
				n.Bias = normalMatrix(r, 1, d).Data
			}
			m, target := normalMatrix(r, 22, 3*d), normalMatrix(r, 22, d)
			got := linalg.NewMatrix[float64](22, d)
			n.run(pool, got, m.Clone(), lengths)
			z, p := m.Clone(), target.Clone()
			const alpha = 0.7
			n.step(pool, z, p, lengths, alpha)
			at := 0
			for _, length := range lengths {
				part := func(m linalg.Matrix[float64]) linalg.Matrix[float64] { return rowsBetween(m, at, at+length) }
				want := naiveConvolution(n, part(m))
				for i, v := range part(got).Data {
					if !(math.Abs(v-want.Data[i]) <= 1e-13*(1+math.Abs(v))) {
						t.Fatalf("filter of %d: %v, want %v", w, v, want.Data[i])
					}
				}
				cost := func(z linalg.Matrix[float64]) float64 {
					return alpha*squaredDistance(z, part(m)) + squaredDistance(naiveConvolution(n, z), part(target))
				}
				before, after := cost(part(m)), cost(part(z))
				if !(after < before) {
					t.Errorf("filter of %d, %d positions: the step raised %v to %v", w, length, before, after)
				}
				for range 20 {
					other := part(z)
					other.Data[r.IntN(length)*3*d+2*d+r.IntN(d)] += 1e-3 * float64(1-2*r.IntN(2))
					if c := cost(other); c < after {
						t.Errorf("filter of %d, %d positions: another v lowers %v to %v", w, length, after, c)
					}
				}
				at += length
			}
		}
	}
}

// TestPruneConvolution checks that no outcome is worse than SparseGPT's, that the
// objective is what the weights give, that the alternation gains something, that
// sparsity and patterns hold, and that threads change nothing.
func TestPruneConvolution(t *testing.T) {
	const d, hidden, length, samples = 12, 16, 20, 12
	for name, spec := range map[string]Spec{
		"half": {Sparsity: 0.5}, "2:4": {Sparsity: 0.5, Pattern: Pattern{Keep: 2, Of: 4}},
	} {
		spec.Damping, spec.BlockSize, spec.Bits = 0.01, 128, 16
		var first linalg.Matrix[float64]
		for _, threads := range []int{1, 3} {
			r := rand.New(rand.NewPCG(3, 4))
			pool := linalg.NewPool(threads)
			x := normalMatrix(r, samples*length, hidden)
			net := &Convolution[float64]{In: normalMatrix(r, 3*d, hidden), Out: normalMatrix(r, hidden, d), Filter: normalMatrix(r, d, 3), InBias: normalMatrix(r, 1, 3*d).Data}
			dense := *net
			dense.In, dense.Out = net.In.Clone(), net.Out.Clone()
			output := func(n *Convolution[float64]) linalg.Matrix[float64] {
				y := linalg.NewMatrix[float64](x.Rows, hidden)
				for s := range samples {
					z := linalg.NewMatrix[float64](length, 3*d)
					affine(pool, z, rowsBetween(x, s*length, (s+1)*length), n.In, n.InBias)
					affine(pool, y.Slice(s*length, (s+1)*length, 0, hidden), naiveConvolution(n, z), n.Out, nil)
				}
				return y
			}
			lengths := make([]int, samples)
			for i := range lengths {
				lengths[i] = length
			}
			out, err := PruneConvolution(context.Background(), pool, ConvolutionProblem[float64]{
				Net: net, Samples: samples, InSpec: spec, OutSpec: spec, Epochs: 6,
				Each:  func(f func(linalg.Matrix[float64], []int)) error { f(x, lengths); return nil },
				Round: func(linalg.Matrix[float64]) {},
			})
			if err != nil {
				t.Fatal(err)
			}
			y := output(&dense)
			if got := squaredDistance(y, output(net)) / squaredDistance(y, linalg.NewMatrix[float64](y.Rows, y.Cols)); !(math.Abs(got-out.Final) < 1e-9) {
				t.Errorf("%s: the objective is %v, said to be %v", name, got, out.Final)
			}
			if len(out.Objective) < 3 || !(out.Final < out.Objective[0]) || out.Kept < 2 {
				t.Errorf("%s: objectives %v, epoch %d kept", name, out.Objective, out.Kept)
			}
			for _, w := range []linalg.Matrix[float64]{net.In, net.Out} {
				zeros := 0
				for i, v := range w.Data {
					if v == 0 {
						zeros++
					}
					if name == "2:4" && i%4 == 3 {
						if zeros < 2 {
							t.Fatalf("%s: a group with %d zeros", name, zeros)
						}
						zeros = 0
					}
				}
				if name == "half" && (2*zeros < len(w.Data) || 2*zeros > len(w.Data)+2) {
					t.Errorf("%s: %d of %d weights are zero", name, zeros, len(w.Data))
				}
			}
			if threads == 1 {
				first = net.In
			} else if squaredDistance(first, net.In) != 0 {
				t.Errorf("%s: other weights with %d threads", name, threads)
			}
		}
	}
}
