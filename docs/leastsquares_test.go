package docs

import (
	"fmt"

	"sparsellm/docs/internal/micro"
	"sparsellm/linalg"
	"sparsellm/prune"
)

func Example_leastSquares() {
	// One layer of a small language model: W₁ is 128 × 32, X has 4096 tokens.
	net, x, _ := micro.Load("../testdata/opt-micro", 1)
	h := prune.NewHessian[float64](x.Cols)
	h.Add(nil, x, 1)
	g := h.Matrix(nil) // X·Xᵀ times a constant: no constant changes a minimiser

	// One neuron, one row w₀ of W₁. The 16 smallest of its 32 weights go.
	dense := net.Up.Slice(0, 1, 0, net.Up.Cols)
	w := dense.Clone()
	half := prune.Spec{Sparsity: 0.5, BlockSize: 128, Damping: 0.01, Bits: 16}
	if err := (prune.Magnitude[float64]{}).Prune(nil, w, nil, half); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("neuron 0, smallest half zeroed    %.4f\n", h.Error(nil, w, dense))

	// The weights that stay solve the normal equations on their support S:
	// w_S·G_SS = w₀·G_S.
	var support []int
	for j, v := range w.Data {
		if v != 0 {
			support = append(support, j)
		}
	}
	gss := linalg.NewMatrix[float64](len(support), len(support))
	b := linalg.NewMatrix[float64](1, len(support))
	for i, s := range support {
		for j, t := range support {
			gss.Set(i, j, g.At(s, t))
		}
		for k, v := range dense.Data {
			b.Data[i] += v * g.At(k, s)
		}
	}
	if err := linalg.Potrf(nil, gss); err != nil {
		fmt.Println(err)
		return
	}
	linalg.SolveCholesky(nil, gss, b)
	for i, s := range support {
		w.Data[s] = b.Data[i]
	}
	fmt.Printf("neuron 0, the others refitted     %.4f\n", h.Error(nil, w, dense))
	// Output:
	// neuron 0, smallest half zeroed    0.0682
	// neuron 0, the others refitted     0.0280
}
