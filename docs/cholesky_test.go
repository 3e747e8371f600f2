package docs

import (
	"fmt"

	"sparsellm/docs/internal/micro"
	"sparsellm/linalg"
	"sparsellm/prune"
)

func Example_cholesky() {
	// Four features of the layer, to have matrices that fit on a line.
	net, x, _ := micro.Load("../testdata/opt-micro", 1)
	const n = 4
	h := prune.NewHessian[float64](n)
	h.Add(nil, x.Slice(0, x.Rows, 0, n), 1)
	m := h.Matrix(nil).Clone()
	for i := range m.Data {
		m.Data[i] /= 1e4
	}

	// R from one Cholesky factor of the reversed matrix: H⁻¹ = Rᵀ·R.
	r := m.Clone()
	if err := linalg.InverseFactor(nil, r); err != nil {
		fmt.Println(err)
		return
	}
	for i := range n {
		fmt.Printf("R[%d] %6.3f\n", i, r.Row(i))
	}

	// Row i of R against the first row of the inverse of H from i on.
	for i := range n {
		l := m.Slice(i, n, i, n).Clone()
		if err := linalg.Potrf(nil, l); err != nil {
			fmt.Println(err)
			return
		}
		e := linalg.NewMatrix[float64](1, n-i)
		e.Data[0] = 1
		linalg.SolveCholesky(nil, l, e) // e ← e·(H from i on)⁻¹
		scaled := make([]float64, 0, n)
		for _, v := range r.Row(i)[i:] {
			scaled = append(scaled, v*r.At(i, i))
		}
		fmt.Printf("first row of the inverse of H[%d:] %6.3f, R[%d,%d]·R[%d] %6.3f\n", i, e.Data, i, i, i, scaled)
	}

	// Delete the first weight of a row, and let the surgeon mend the others.
	w0 := net.Up.Row(0)[:n]
	w := make([]float64, n)
	for j := range n {
		w[j] = w0[j] - w0[0]/r.At(0, 0)*r.At(0, j)
	}
	fmt.Printf("w₀ %6.3f\nw  %6.3f\n", w0, w)
	fmt.Printf("predicted cost w²/R²  %.5f\n", w0[0]*w0[0]/(r.At(0, 0)*r.At(0, 0)))
	cost := 0.0
	for i := range n {
		for j := range n {
			cost += (w[i] - w0[i]) * m.At(i, j) * (w[j] - w0[j])
		}
	}
	fmt.Printf("measured cost δ·H·δᵀ  %.5f\nwithout repair w²·H   %.5f\n", cost, w0[0]*w0[0]*m.At(0, 0))
	// Output:
	// R[0] [ 1.270 -0.359  0.668  0.275]
	// R[1] [ 0.000  1.327 -0.403 -0.074]
	// R[2] [ 0.000  0.000  1.666 -0.055]
	// R[3] [ 0.000  0.000  0.000  1.336]
	// first row of the inverse of H[0:] [ 1.612 -0.456  0.848  0.349], R[0,0]·R[0] [ 1.612 -0.456  0.848  0.349]
	// first row of the inverse of H[1:] [ 1.762 -0.535 -0.098], R[1,1]·R[1] [ 1.762 -0.535 -0.098]
	// first row of the inverse of H[2:] [ 2.774 -0.091], R[2,2]·R[2] [ 2.774 -0.091]
	// first row of the inverse of H[3:] [ 1.786], R[3,3]·R[3] [ 1.786]
	// w₀ [ 0.014 -0.053  0.126 -0.038]
	// w  [ 0.000 -0.049  0.119 -0.041]
	// predicted cost w²/R²  0.00012
	// measured cost δ·H·δᵀ  0.00012
	// without repair w²·H   0.00014
}
