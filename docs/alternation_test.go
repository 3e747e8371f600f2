package docs

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"sparsellm/asm"
	"sparsellm/docs/internal/micro"
	"sparsellm/linalg"
	"sparsellm/prune"
)

func Example_alternation() {
	dense, x, samples := micro.Load("../testdata/opt-micro", 1)
	problem := prune.Problem[float64]{
		X: x, Samples: samples, Epochs: 4,
		Spec: prune.Spec{Sparsity: 0.5, BlockSize: 128, Damping: 0.01, Bits: 16},
	}

	// As the paper means it, in the stable form.
	problem.Net, problem.Penalties = micro.Clone(dense), prune.Penalties{Alpha: 1, Beta: 1, Gamma: 1}
	stable, err := prune.SparseLLM(context.Background(), nil, problem)
	if err != nil {
		fmt.Println(err)
		return
	}

	// As the authors' code does it, watched from outside.
	type epoch struct{ largest, weakest, objective float64 }
	var released []epoch
	net := micro.Clone(dense)
	problem.Net, problem.Penalties = net, prune.Penalties{Alpha: 0.1, Beta: 0.1, Gamma: 0.1}
	largest, share := maxAbs(dense.Up), 0.0
	weakest := weakestDirection(x)
	problem.Observe = func(s prune.Step[float64]) {
		switch s.Name {
		case "up.updated": // W₁ = (z − b₁)·X⁺, before the sweep
			largest = maxAbs(s.Value)
			share = shareAlong(weakest, s.Value, dense.Up)
		case "down.pruned": // the last matrix of the epoch
			released = append(released, epoch{largest, share, micro.Objective(dense, net, x)})
		}
	}
	if _, err := prune.Released(context.Background(), nil, problem); err != nil {
		fmt.Println(err)
		return
	}

	fmt.Printf("SparseGPT    %.3f\n", stable.Objective[0])
	fmt.Printf("stable form  %.2f, the best epoch\n", stable.Final)
	fmt.Println("released code")
	fmt.Println("epoch  error  max|W₁|  of its drift along X's weakest direction")
	for i, r := range released {
		fmt.Printf("%5d  %.3f  %7.1f  %.0f%%\n", i, r.objective, r.largest, 100*r.weakest)
	}
	// Output:
	// SparseGPT    0.086
	// stable form  0.04, the best epoch
	// released code
	// epoch  error  max|W₁|  of its drift along X's weakest direction
	//     0  0.086      0.4  0%
	//     1  0.286      0.8  98%
	//     2  0.583      2.0  99%
	//     3  0.966      3.3  99%
}

func maxAbs(m linalg.Matrix[float64]) (largest float64) {
	for _, v := range m.Data {
		largest = max(largest, math.Abs(v))
	}
	return largest
}

// weakestDirection returns the unit vector along which the tokens of x,
// tokens × features, have the least sum of squares.
func weakestDirection(x linalg.Matrix[float64]) []float64 {
	h := prune.NewHessian[float64](x.Cols)
	h.Add(nil, x, 1)
	var eigen mat.EigenSym
	eigen.Factorize(mat.NewSymDense(x.Cols, h.Matrix(nil).Clone().Data), true)
	var v mat.Dense
	eigen.VectorsTo(&v)
	return mat.Col(nil, 0, &v)
}

// shareAlong returns the share of ‖W − W₀‖² that lies along v.
func shareAlong(v []float64, w, w0 linalg.Matrix[float64]) float64 {
	var along, all float64
	for i := range w.Rows {
		projection := 0.0
		for j := range w.Cols {
			d := w.At(i, j) - w0.At(i, j)
			projection += d * v[j]
			all += d * d
		}
		along += projection * projection
	}
	return along / all
}

func Example_gateStep() {
	// One entry of a SwiGLU: its gate s is at m, and silu(s)·z should be p.
	const alpha, gamma = 5, 5
	cost := func(s, p, m, z float64) float64 {
		a := s / (1 + math.Exp(-s)) * z
		return alpha*(s-m)*(s-m) + gamma*(p-a)*(p-a)
	}
	p, m := []float64{0.5}, []float64{0.1}
	for _, z := range []float64{2, 12} {
		at := []float64{z}
		fixed, newton := []float64{m[0]}, []float64{m[0]}
		fmt.Printf("z = %2.0f: objective %.3f", z, cost(m[0], p[0], m[0], z))
		for range 2 { // as many as the released code takes in an epoch
			asm.DescendGate(fixed, p, m, at, alpha, gamma, 0.01, 1)
			fmt.Printf(" → %.3f", cost(fixed[0], p[0], m[0], z))
		}
		asm.NewtonGate(newton, p, m, at, alpha, gamma)
		fmt.Printf("; safeguarded Gauss–Newton → %.3f\n", cost(newton[0], p[0], m[0], z))
	}
	// Output:
	// z =  2: objective 0.780 → 0.609 → 0.497; safeguarded Gauss–Newton → 0.321
	// z = 12: objective 0.084 → 0.894 → 9.586; safeguarded Gauss–Newton → 0.002
}
