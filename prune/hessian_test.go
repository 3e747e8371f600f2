package prune

import (
	"math"
	"math/rand/v2"
	"testing"

	"sparsellm/linalg"
)

// TestHessianError compares the reconstruction error with the outputs' own,
// ‖(W − W₀)X‖²/‖W₀X‖², of samples that came in several pieces.
func TestHessianError(t *testing.T) {
	const tokens, in, out = 60, 401, 7
	rng := rand.New(rand.NewPCG(5, 6))
	random := func(rows, cols int) linalg.Matrix[float64] {
		m := linalg.NewMatrix[float64](rows, cols)
		for i := range m.Data {
			m.Data[i] = rng.NormFloat64()
		}
		return m
	}
	x, w, w0 := random(tokens, in), random(out, in), random(out, in)
	h := NewHessian[float64](in)
	h.Add(nil, x.Slice(0, 25, 0, in), 2)
	h.Add(nil, x.Slice(25, tokens, 0, in), 3)
	outputs := func(w linalg.Matrix[float64]) linalg.Matrix[float64] {
		y := linalg.NewMatrix[float64](tokens, out)
		affine(nil, y, x, w, nil)
		return y
	}
	dense := outputs(w0)
	want := squaredDistance(outputs(w), dense) / dot(nil, dense, dense)
	if got := h.Error(linalg.NewPool(2), w, w0); math.Abs(got-want) > 1e-12*want {
		t.Errorf("the error is %v, want %v", got, want)
	}
	sum := 0.0
	for i := range x.Rows {
		sum += x.At(i, 400) * x.At(i, 3)
	}
	if got, want := h.Matrix(nil).At(3, 400), sum*2/5; math.Abs(got-want) > 1e-12*float64(tokens) {
		t.Errorf("H of 5 samples has %v, want %v", got, want)
	}
}
