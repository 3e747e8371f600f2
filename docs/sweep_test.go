package docs

import (
	"fmt"
	"math"
	"slices"

	"sparsellm/docs/internal/micro"
	"sparsellm/prune"
)

func Example_sweep() {
	net, x, samples := micro.Load("../testdata/opt-micro", 1)
	h := prune.NewHessian[float64](x.Cols)
	for k := range samples {
		t := x.Rows / samples
		h.Add(nil, x.Slice(k*t, (k+1)*t, 0, x.Cols), 1)
	}
	spec := prune.Spec{Sparsity: 0.5, BlockSize: 8, Damping: 0.01, Bits: 16}
	factor, err := h.Factor(nil, spec.Damping)
	if err != nil {
		fmt.Println(err)
		return
	}
	r := factor.R

	// The sweep, a column at a time.
	w := net.Up.Clone()
	for c0 := 0; c0 < w.Cols; c0 += spec.BlockSize {
		c1 := c0 + spec.BlockSize
		saliency := func(i, j int) float64 { d := r.At(j, j); return w.At(i, j) * w.At(i, j) / (d * d) }
		var scores []float64
		for i := range w.Rows {
			for j := c0; j < c1; j++ {
				scores = append(scores, saliency(i, j))
			}
		}
		sorted := slices.Sorted(slices.Values(scores))
		threshold := sorted[int(float64(len(sorted))*spec.Sparsity)]
		for i := range w.Rows {
			mask := scores[i*spec.BlockSize:][:spec.BlockSize]
			for j := c0; j < c1; j++ {
				if mask[j-c0] > threshold {
					continue // kept, so there is nothing to make good
				}
				err := w.At(i, j) / r.At(j, j)
				w.Set(i, j, 0)
				for k := j + 1; k < w.Cols; k++ {
					w.Set(i, k, w.At(i, k)-err*r.At(j, k))
				}
			}
		}
	}
	ours := net.Up.Clone()
	if err := (prune.SparseGPT[float64]{}).Prune(nil, ours, h, spec); err != nil {
		fmt.Println(err)
		return
	}
	worst := 0.0
	for i := range w.Data {
		worst = max(worst, math.Abs(w.Data[i]-ours.Data[i]))
	}
	fmt.Println("the loop above and prune.SparseGPT agree to 1e-12:", worst < 1e-12)

	// The same sweep under other masks and with quantisation.
	for _, c := range []struct {
		name string
		spec prune.Spec
	}{
		{"half", prune.Spec{Sparsity: 0.5, BlockSize: 8, Damping: 0.01, Bits: 16}},
		{"half, one block", prune.Spec{Sparsity: 0.5, BlockSize: 32, Damping: 0.01, Bits: 16}},
		{"4:8", prune.Spec{Pattern: prune.Pattern{Keep: 4, Of: 8}, BlockSize: 8, Damping: 0.01, Bits: 16}},
		{"2:4", prune.Spec{Pattern: prune.Pattern{Keep: 2, Of: 4}, BlockSize: 8, Damping: 0.01, Bits: 16}},
		{"half, 4 bits", prune.Spec{Sparsity: 0.5, BlockSize: 32, Damping: 0.01, Bits: 4}},
		{"4 bits alone", prune.Spec{Sparsity: 0, BlockSize: 32, Damping: 0.01, Bits: 4}},
	} {
		w := net.Up.Clone()
		if err := (prune.SparseGPT[float64]{}).Prune(nil, w, h, c.spec); err != nil {
			fmt.Println(err)
			return
		}
		zeros := 0
		for _, v := range w.Data {
			if v == 0 {
				zeros++
			}
		}
		fmt.Printf("%-16s zeros %d of %d, error %.4f\n", c.name, zeros, len(w.Data), h.Error(nil, w, net.Up))
	}
	// Output:
	// the loop above and prune.SparseGPT agree to 1e-12: true
	// half             zeros 2052 of 4096, error 0.0228
	// half, one block  zeros 2049 of 4096, error 0.0275
	// 4:8              zeros 2048 of 4096, error 0.0330
	// 2:4              zeros 2048 of 4096, error 0.0452
	// half, 4 bits     zeros 2059 of 4096, error 0.0306
	// 4 bits alone     zeros 460 of 4096, error 0.0020
}
