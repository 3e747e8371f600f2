package pipeline

import (
	"math"
	"math/rand/v2"
	"testing"

	"sparsellm/checkpoint"
	"sparsellm/internal/golden"
)

// TestGoldenHalf compares with the released code as it ships, in float16, by
// perplexity: within 3%, or, where rounding the dense weights to half
// precision moves the result by more than that, within the range that it
// moves it in. (Pruned OPT is so sensitive: its least squares are
// ill-conditioned, and 256 tokens determine 128 weights.)
func TestGoldenHalf(t *testing.T) {
	for _, name := range []string{"opt-micro", "llama-micro"} {
		t.Run(name, func(t *testing.T) {
			dir := "../testdata/" + name
			g := golden.Open(t, "../testdata/golden/"+name, "s50-fp16")
			got := pruneCase[float32](t, dir, g, 1).perpl
			if math.Abs(got/g.PrunedPerpl-1) <= 0.03 {
				t.Logf("perplexity %.3f, PyTorch's in float16 %.3f", got, g.PrunedPerpl)
				return
			}
			low, high := got, got
			for seed := range uint64(12) {
				p := pruneChanged(t, dir, g, jitter(seed, 0x1p-11)).perpl
				low, high = min(low, p), max(high, p)
			}
			t.Logf("perplexity %.3f, PyTorch's in float16 %.3f; with weights off by half a unit of float16 from %.3f to %.3f",
				got, g.PrunedPerpl, low, high)
			if g.PrunedPerpl < low || g.PrunedPerpl > high {
				t.Errorf("PyTorch's perplexity in float16, %.3f, is not within %.3f to %.3f", g.PrunedPerpl, low, high)
			}
		})
	}
}

// jitter changes every weight by up to a share of itself: 2⁻¹¹ is half a unit
// in the last place of float16, 2⁻²⁴ of float32.
func jitter(seed uint64, share float64) func(testing.TB, *checkpoint.Checkpoint, *checkpoint.Overlay) {
	return func(t testing.TB, ck *checkpoint.Checkpoint, over *checkpoint.Overlay) {
		rng := rand.New(rand.NewPCG(seed, 1))
		for _, name := range ck.Names() {
			shape, _ := ck.Shape(name)
			n := 1
			for _, d := range shape {
				n *= d
			}
			w := make([]float32, n)
			if err := ck.ReadFloat32(name, w); err != nil {
				t.Fatal(err)
			}
			for i := range w {
				w[i] = float32(float64(w[i]) * (1 + (2*rng.Float64()-1)*share))
			}
			if err := lay(over, name, w); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// pruneChanged is pruneCase in float32 for a model that change has altered.
func pruneChanged(t testing.TB, dir string, g *golden.Case, change func(testing.TB, *checkpoint.Checkpoint, *checkpoint.Overlay)) result[float32] {
	ck, over := openOverlay[float32](t, dir)
	change(t, ck, over)
	return pruneOver[float32](t, dir, ck, over, g, 1)
}
