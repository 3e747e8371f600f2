package prune_test

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"

	"sparsellm/linalg"
	"sparsellm/prune"
)

// One matrix is pruned for its own output: all that a method needs of the
// inputs is their Hessian.
func Example() {
	const tokens, in, out = 64, 8, 4
	source := rand.New(rand.NewPCG(1, 2))
	dense := random(source, out, in)
	// Inputs that depend on one another, so that the weights that are kept can
	// make good what the others did.
	x := linalg.NewMatrix[float64](tokens, in)
	linalg.Gemm(nil, linalg.NoTrans, linalg.NoTrans, 1, random(source, tokens, 5), random(source, 5, in), 0, x)

	h := prune.NewHessian[float64](in)
	h.Add(nil, x, 1)
	spec := prune.Spec{Sparsity: 0.5, BlockSize: 128, Damping: 0.01, Bits: 16}
	for _, method := range []prune.Method[float64]{
		prune.Magnitude[float64]{}, prune.Wanda[float64]{}, prune.SparseGPT[float64]{}, prune.ADMM[float64]{},
	} {
		w := dense.Clone()
		if err := method.Prune(nil, w, h, spec); err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%-24T ‖(W − W₀)X‖²/‖W₀X‖² = %.3f\n", method, h.Error(nil, w, dense))
	}
	// Output:
	// prune.Magnitude[float64] ‖(W − W₀)X‖²/‖W₀X‖² = 0.069
	// prune.Wanda[float64]     ‖(W − W₀)X‖²/‖W₀X‖² = 0.083
	// prune.SparseGPT[float64] ‖(W − W₀)X‖²/‖W₀X‖² = 0.018
	// prune.ADMM[float64]      ‖(W − W₀)X‖²/‖W₀X‖² = 0.007
}

// The two matrices of a ReLU network are pruned together, for what the network
// puts out.
func ExampleSparseLLM() {
	const tokens, hidden, intermediate = 256, 8, 32
	source := rand.New(rand.NewPCG(1, 2))
	out, err := prune.SparseLLM(context.Background(), linalg.NewPool(2), prune.Problem[float64]{
		Net:       &prune.FFN[float64]{Activation: "relu", Up: random(source, intermediate, hidden), Down: random(source, hidden, intermediate)},
		X:         random(source, tokens, hidden),
		Samples:   4,
		Spec:      prune.Spec{Sparsity: 0.5, BlockSize: 128, Damping: 0.01, Bits: 16},
		Penalties: prune.Penalties{Alpha: 0.1, Beta: 1, Gamma: 1},
		Epochs:    3,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("‖Y − f(X)‖²/‖Y‖²: SparseGPT %.3f, SparseLLM %.3f\n", out.Objective[0], out.Final)
	// Output:
	// ‖Y − f(X)‖²/‖Y‖²: SparseGPT 0.122, SparseLLM 0.051
}

func random(source *rand.Rand, rows, cols int) linalg.Matrix[float64] {
	m := linalg.NewMatrix[float64](rows, cols)
	for i := range m.Data {
		m.Data[i] = source.NormFloat64()
	}
	return m
}
