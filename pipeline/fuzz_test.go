package pipeline

import (
	"bytes"
	"errors"
	"testing"

	"sparsellm/linalg"
)

// FuzzState wants no panic from any saved state, and of what is taken that it
// is written again as it was.
func FuzzState(f *testing.F) {
	for _, s := range []State[float32]{
		{Next: 1, Hidden: linalg.NewMatrix[float32](2, 3)},
		{Next: 7, Hidden: linalg.NewMatrix[float32](1, 1), Reports: []MatrixReport{
			{Block: 6, Name: "fc2", Tensor: "fc2.weight", Rows: 2, Cols: 3, Sparsity: 0.5, Network: &NetworkReport{Objective: []float64{1, 0.5}}},
		}},
	} {
		var b bytes.Buffer
		if err := s.Write(&b); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := ReadState[float64](bytes.NewReader(text), int64(len(text))); err != nil && !errors.Is(err, ErrState) {
			t.Fatal(err)
		}
		s, err := ReadState[float32](bytes.NewReader(text), int64(len(text)))
		if err != nil {
			if !errors.Is(err, ErrState) {
				t.Fatal(err)
			}
			return
		}
		var b bytes.Buffer
		if err := s.Write(&b); err != nil {
			t.Fatal(err)
		}
		head := func(b []byte) int { return bytes.IndexByte(b, '\n') + 1 }
		if got, want := b.Bytes()[head(b.Bytes()):], text[head(text):]; !bytes.Equal(got, want) {
			t.Fatalf("%d × %d activations are %x, written again %x", s.Hidden.Rows, s.Hidden.Cols, want, got)
		}
	})
}
