package checkpoint

import (
	"math"
	"testing"
)

// TestDequantize compares every quantised type, bit for bit, with the Python
// package gguf, scales that are zeros, infinities and NaN among them.
func TestDequantize(t *testing.T) {
	data, _ := ggmlGolden(t)
	for kind, k := range ggmlTypes {
		if k.unpack == nil {
			continue
		}
		blocks := data[k.name+".blocks"]
		if len(blocks) < 10*int(k.bytes) {
			t.Fatalf("%s: %d bytes of blocks in the golden file", k.name, len(blocks))
		}
		want := make([]float32, len(data[k.name+".values"])/4)
		decode(F32, want, data[k.name+".values"])
		got := make([]float32, len(want))
		dequantize(kind, got, blocks)
		for i, v := range got {
			if math.Float32bits(v) != math.Float32bits(want[i]) && !(v != v && want[i] != want[i]) {
				t.Errorf("%s: element %d of block %d is %v, want %v", k.name, i%int(k.block), i/int(k.block), v, want[i])
				break
			}
		}
	}
}
