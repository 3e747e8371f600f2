package docs

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"sparsellm/docs/internal/micro"
	"sparsellm/prune"
)

func Example_hessian() {
	net, x, _ := micro.Load("../testdata/opt-micro", 1)
	h := prune.NewHessian[float64](x.Cols)
	h.Add(nil, x, 1)
	m := h.Matrix(nil)
	n := m.Rows

	// The diagonal: how loud each feature is.
	quiet, loud := 0, 0
	for j := range n {
		if m.At(j, j) < m.At(quiet, quiet) {
			quiet = j
		}
		if m.At(j, j) > m.At(loud, loud) {
			loud = j
		}
	}
	fmt.Printf("feature %d is loudest, H = %.0f; feature %d quietest, H = %.0f\n",
		loud, m.At(loud, loud), quiet, m.At(quiet, quiet))

	// Zeroing one weight costs w²·H_jj, whatever else the row holds.
	w := net.Up.Clone()
	w.Set(0, loud, 0)
	total := 0.0 // tr(W₀·H·W₀ᵀ), what h.Error divides by
	for i := range w.Rows {
		for j, a := range net.Up.Row(i) {
			for k, b := range net.Up.Row(i) {
				total += a * b * m.At(j, k)
			}
		}
	}
	v := net.Up.At(0, loud)
	fmt.Printf("zeroing W[0,%d]: predicted %.3e, measured %.3e\n",
		loud, v*v*m.At(loud, loud)/total, h.Error(nil, w, net.Up))

	// The whole matrix, by |w| and by |w|·‖x‖.
	for _, sparsity := range []float64{0.5, 0.7} {
		spec := prune.Spec{Sparsity: sparsity, BlockSize: 128, Damping: 0.01, Bits: 16}
		for _, method := range []prune.Method[float64]{prune.Magnitude[float64]{}, prune.Wanda[float64]{}} {
			w := net.Up.Clone()
			if err := method.Prune(nil, w, h, spec); err != nil {
				fmt.Println(err)
				return
			}
			fmt.Printf("%.0f%% by %-24T error %.3f\n", 100*sparsity, method, h.Error(nil, w, net.Up))
		}
	}

	// The spectrum: there is a direction along which X does not vary.
	var eigen mat.EigenSym
	eigen.Factorize(mat.NewSymDense(n, m.Clone().Data), false)
	values := eigen.Values(nil)
	damping := 0.0
	for j := range n {
		damping += 0.01 * m.At(j, j) / float64(n)
	}
	fmt.Printf("eigenvalues %.3f, %.0f, …, %.0f; condition number %.0e, with damping %.0f\n",
		values[0], values[1], values[n-1], values[n-1]/values[0],
		(values[n-1]+damping)/(values[0]+damping))
	// Output:
	// feature 12 is loudest, H = 13848; feature 2 quietest, H = 3611
	// zeroing W[0,12]: predicted 1.774e-03, measured 1.774e-03
	// 50% by prune.Magnitude[float64] error 0.036
	// 50% by prune.Wanda[float64]     error 0.039
	// 70% by prune.Magnitude[float64] error 0.137
	// 70% by prune.Wanda[float64]     error 0.126
	// eigenvalues 0.014, 601, …, 58039; condition number 4e+06, with damping 794
}
