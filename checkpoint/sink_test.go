package checkpoint

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sparsellm/linalg"
	"sparsellm/model"
)

// write stores a tensor of which the shape is that of a row, or of as many rows
// as it has.
func write(o Output, name string, data ...float32) error {
	t, _, err := o.tensorOf(name)
	if err != nil {
		return err
	}
	rows := 1
	if len(t.shape) > 1 {
		rows = t.shape[0]
	}
	w := linalg.NewMatrix[float32](rows, len(data)/rows)
	copy(w.Data, data)
	return SinkOf[float32](o).Store(model.Whole(name), w)
}

// fused is a checkpoint of a matrix of 12 × 10 for parts to be stored in, in a
// dtype, and the matrix.
func fused(t *testing.T, d DType) (*Checkpoint, []float64) {
	t.Helper()
	x := make([]float64, 120)
	for i := range x {
		x[i] = math.Sin(float64(i))
	}
	round(d, x)
	raw := make([]byte, 120*d.Size())
	encode(d, raw, x)
	dir := t.TempDir()
	out := &outShard{slots: []*slot{{tensor: &tensor{name: "w", shape: []int{12, 10}}, dtype: d, size: int64(len(raw))}}}
	must(t, out.makeHead([][2]string{{"format", "pt"}}))
	must(t, os.WriteFile(filepath.Join(dir, "model.safetensors"), append(out.head, raw...), 0o644))
	must(t, os.WriteFile(filepath.Join(dir, "config.json"), []byte("{}"), 0o644))
	c, err := Open(dir)
	must(t, err)
	t.Cleanup(func() { c.Close() })
	return c, x
}

// elementOf is where element (i, j) of a weight is in a matrix of so many columns.
func elementOf(at model.Slot, i, j, cols int) int {
	if at.Transposed {
		return j*cols + at.First + i
	}
	return (at.First+i)*cols + j
}

// parts are those that testParts stores, some of them twice, and not all.
var parts = map[string][]model.Slot{
	"whole":            {{}},
	"whole transposed": {{Transposed: true}},
	"rows":             {{Outputs: 3}, {First: 5, Outputs: 4}, {First: 3, Outputs: 2}, {First: 5, Outputs: 4}},
	"to the end":       {{First: 7}},
	"columns":          {{First: 8, Outputs: 2, Transposed: true}, {Outputs: 5, Transposed: true}},
}

func testParts[T linalg.Float](t *testing.T, in, as DType, slots []model.Slot) {
	c, want := fused(t, in)
	d := in.StoredAs(as)
	round(d, want)
	dir := filepath.Join(t.TempDir(), "out")
	var w *Writer
	begin := func() {
		var err error
		w, err = Create(c, dir, Options{DType: as, Resume: true})
		must(t, err)
	}
	begin()
	over, err := NewOverlay(c, as)
	must(t, err)
	rng := rand.New(rand.NewPCG(1, 2))
	for k, at := range slots {
		at.Tensor = "w"
		outputs, inputs := 12, 10
		if at.Transposed {
			outputs, inputs = 10, 12
		}
		if outputs -= at.First; at.Outputs > 0 {
			outputs = at.Outputs
		}
		wide := linalg.NewMatrix[T](outputs, inputs+3) // of which the weight is a part
		for i := range wide.Data {
			wide.Data[i] = T(rng.NormFloat64())
		}
		weight := wide.Slice(0, outputs, 1, inputs+1)
		again, rounded := weight.Clone(), weight.Clone()
		must(t, SinkOf[T](over).Store(at, weight))
		must(t, SinkOf[T](w).Store(at, again))
		SinkOf[T](w).Round(at, rounded)
		back := make([]T, 120)
		must(t, readOver(over, "w", back))
		for i := range outputs {
			for j := range inputs {
				v := weight.At(i, j)
				if v != back[elementOf(at, i, j, 10)] || v != again.At(i, j) || v != rounded.At(i, j) {
					t.Fatalf("%+v: weight %d, %d is rounded to %v, %v and %v, and read back as %v", at, i, j, v, again.At(i, j), rounded.At(i, j), back[elementOf(at, i, j, 10)])
				}
				want[elementOf(at, i, j, 10)] = float64(v)
			}
		}
		if k%2 == 0 { // a kill here, and a resume
			must(t, w.Suspend())
			begin()
		}
	}
	must(t, w.Commit())
	written, err := Open(dir)
	must(t, err)
	defer written.Close()
	for _, src := range []model.Source{over, written} {
		got := make([]float64, 120)
		must(t, src.ReadFloat64("w", got))
		if !slices.Equal(got, want) {
			t.Errorf("%T has %v, want %v", src, got, want)
		}
	}
}

// TestStoreParts: what Store leaves in a weight is what is read back of it, the
// rest of the tensor is the input's, and a resumed run goes on with both.
func TestStoreParts(t *testing.T) {
	for name, slots := range parts {
		for in := F64; in <= BF16; in++ {
			for as := DType(0); as <= BF16; as++ {
				t.Run(fmt.Sprintf("%s, %v as %v", name, in, in.StoredAs(as)), func(t *testing.T) {
					testParts[float32](t, in, as, slots)
					testParts[float64](t, in, as, slots)
				})
			}
		}
	}
}

// A run that is killed before it says that a part is stored stores it again.
func TestStorePartAfterKill(t *testing.T) {
	c, want := fused(t, F16)
	dir := filepath.Join(t.TempDir(), "out")
	var w *Writer
	store := func(first int, v float32) {
		t.Helper()
		m := linalg.NewMatrix[float32](3, 10)
		for i := range m.Data {
			m.Data[i] = v
			want[first*10+i] = float64(v)
		}
		must(t, SinkOf[float32](w).Store(model.Slot{Tensor: "w", First: first, Outputs: 3}, m))
	}
	var err error
	w, err = Create(c, dir, Options{})
	must(t, err)
	must(t, w.Sync())
	store(0, 7)
	must(t, w.close()) // what a kill leaves
	w, err = Create(c, dir, Options{Resume: true})
	must(t, err)
	store(0, 1)
	store(6, 2)
	must(t, w.Sync())
	store(6, 8)
	must(t, w.close())
	w, err = Create(c, dir, Options{Resume: true})
	must(t, err)
	store(6, 3)
	must(t, w.Commit())
	written, err := Open(dir)
	must(t, err)
	defer written.Close()
	got := make([]float64, 120)
	must(t, written.ReadFloat64("w", got))
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestStoreRefuses(t *testing.T) {
	c, _ := fused(t, F16)
	over, err := NewOverlay(c, 0)
	must(t, err)
	sink := SinkOf[float64](over)
	for want, at := range map[string]model.Slot{
		"12 outputs of 10 inputs": {Tensor: "w", First: 10, Outputs: 3},
		"10 outputs of 12 inputs": {Tensor: "w", First: -1, Outputs: 3, Transposed: true},
		"has 12 outputs":          {Tensor: "w", Outputs: 4},
		"no such tensor":          {Tensor: "v"},
	} {
		w := linalg.NewMatrix[float64](3, 10)
		sink.Round(at, w) // which says nothing
		if err := sink.Store(at, w); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", at, err, want)
		}
	}
	if err := sink.Store(model.Whole("v"), linalg.NewMatrix[float64](1, 1)); !errors.Is(err, ErrNoTensor) {
		t.Error(err)
	}
	w := linalg.NewMatrix[float64](3, 10)
	w.Set(1, 2, 1e5)
	w.Set(1, 3, 1.0001)
	sink.Round(model.Slot{Tensor: "w", Outputs: 3}, w)
	if w.At(1, 2) != 1e5 || w.At(1, 3) != 1 {
		t.Errorf("%v and %v are rounded to %v and %v", 1e5, 1.0001, w.At(1, 2), w.At(1, 3))
	}
	err = sink.Store(model.Slot{Tensor: "w", First: 3, Outputs: 3}, w)
	if err == nil || !strings.Contains(err.Error(), "element 42 is 100000, beyond the range of F16") {
		t.Error(err)
	}
}
