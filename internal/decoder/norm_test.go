package decoder

import (
	"math"
	"slices"
	"testing"

	"sparsellm/linalg"
)

// TestLayerNorm shifts a row far from 0, where the mean of squares less the
// square of the mean would have no digit left.
func TestLayerNorm(t *testing.T) {
	x := linalg.MatrixOf(2, 4, []float32{1, 2, 3, 4, 4096001, 4096002, 4096003, 4096004})
	weight, bias := []float32{1, 2, 3, 4}, []float32{0, 1, 0, 1}
	dst := linalg.NewMatrix[float32](2, 4)
	LayerNorm(linalg.NewPool(2), dst, x, weight, bias, 0)
	s := 1 / math.Sqrt(1.25)
	want := []float32{float32(-1.5 * s), float32(1 - s), float32(1.5 * s), float32(1 + 6*s)}
	for i := range dst.Rows {
		if !slices.Equal(dst.Row(i), want) {
			t.Errorf("row %d is %v, want %v", i, dst.Row(i), want)
		}
	}
	LayerNorm(nil, x, x, nil, nil, 3.75) // in place; a variance of 1.25+3.75 halves √5's inverse
	r := 1 / math.Sqrt(5)
	if want := []float32{float32(-1.5 * r), float32(-.5 * r), float32(.5 * r), float32(1.5 * r)}; !slices.Equal(x.Row(0), want) {
		t.Errorf("without weights: %v, want %v", x.Row(0), want)
	}
}

func TestRMSNorm(t *testing.T) {
	x := linalg.MatrixOf(1, 4, []float64{1, -1, 3, 5})
	RMSNorm(nil, x, x, []float64{1, 2, 3, 4}, 7) // (1+1+9+25)/4 + 7 = 16
	if want := []float64{.25, -.5, 2.25, 5}; !slices.Equal(x.Data, want) {
		t.Errorf("got %v, want %v", x.Data, want)
	}
}

// TestNormRange has rows whose squares overflow and underflow a float32.
func TestNormRange(t *testing.T) {
	for _, v := range []float32{1e30, 1e-30} {
		x := linalg.MatrixOf(1, 2, []float32{v, -v})
		RMSNorm(nil, x, x, []float32{1, 1}, 0)
		if want := []float32{1, -1}; !slices.Equal(x.Data, want) {
			t.Errorf("%g: got %v, want %v", v, x.Data, want)
		}
	}
}
