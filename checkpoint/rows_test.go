package checkpoint

import (
	"slices"
	"strings"
	"testing"
)

// TestReadRows compares rows with those of the whole tensor, in every dtype.
func TestReadRows(t *testing.T) {
	src, err := Open("../testdata/opt-micro")
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	const name = "model.decoder.layers.0.fc1.weight" // 128 × 32
	for _, d := range []DType{F32, F16, BF16, F64} {
		dir := t.TempDir()
		w, err := Create(src, dir, Options{DType: d})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		ck, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer ck.Close()
		whole := make([]float32, 128*32)
		if err := ck.ReadFloat32(name, whole); err != nil {
			t.Fatal(err)
		}
		rows := []int{127, 0, 3, 3}
		got := make([]float32, 4*32)
		if err := ck.ReadRowsFloat32(name, rows, got); err != nil {
			t.Fatal(err)
		}
		for i, r := range rows {
			if !slices.Equal(got[i*32:(i+1)*32], whole[r*32:(r+1)*32]) {
				t.Errorf("%v: row %d differs", d, r)
			}
		}
		for want, err := range map[string]error{
			"there is no row 128 of 128": ck.ReadRowsFloat32(name, []int{128}, got[:32]),
			"there is no row -1 of 128":  ck.ReadRowsFloat64(name, []int{-1}, make([]float64, 32)),
			"2 rows of tensor":           ck.ReadRowsFloat32(name, []int{1, 2}, got[:32]),
			"no such tensor: none":       ck.ReadRowsFloat32("none", nil, nil),
		} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got the error %v, want %q", err, want)
			}
		}
	}
}
