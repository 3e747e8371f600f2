package checkpoint

import (
	"math"
	"slices"
	"testing"
)

func TestKept(t *testing.T) {
	x := []float64{0, 1, math.Copysign(0, -1), -2, 0x1p-24, -0x1p-24, math.NaN(), math.Inf(-1), 0}
	want := []byte{0, 1, 0, 1, 1, 1, 1, 1, 0}
	for d := F64; d <= BF16; d++ {
		b := make([]byte, int64(len(x))*d.Size())
		encode(d, b, x)
		if got := kept(d, b); !slices.Equal(got, want) {
			t.Errorf("%v: %v, want %v", d, got, want)
		}
	}
}
