package checkpoint

import (
	"bytes"
	"os"
	"testing"
)

// ggmlGolden returns the bytes of the tensors of testdata/ggml.safetensors,
// which make_ggml.py makes by the Python package gguf, with their shapes.
func ggmlGolden(t testing.TB) (data map[string][]byte, shapes map[string][]int) {
	t.Helper()
	b, err := os.ReadFile("testdata/ggml.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	s, err := readSafetensors(inMemory("f", b))
	if err != nil {
		t.Fatal(err)
	}
	data, shapes = map[string][]byte{}, map[string][]int{}
	for _, x := range s.tensors {
		data[x.name], shapes[x.name] = b[x.off:x.off+x.size], x.shape
	}
	return data, shapes
}

func TestQuantize(t *testing.T) {
	data, shapes := ggmlGolden(t)
	for name, quantize := range map[string]func([]byte, []float32){"Q8_0": quantizeQ8_0, "Q4_0": quantizeQ4_0} {
		x := make([]float32, len(data[name+".x"])/4)
		decode(F32, x, data[name+".x"])
		want := data[name+".quantized"]
		got := make([]byte, len(want))
		quantize(got, x)
		size := shapes[name+".quantized"][1]
		for i := 0; i < len(want); i += size {
			if !bytes.Equal(got[i:i+size], want[i:i+size]) {
				t.Errorf("%s: block %d of %v is\n%v, want\n%v", name, i/size, x[i/size*32:][:32], got[i:i+size], want[i:i+size])
			}
		}
	}
}
