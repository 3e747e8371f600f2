package decoder

import (
	"slices"
	"strings"
	"testing"

	"sparsellm/linalg"
	"sparsellm/model"
)

// doubled is a Weight of twice a dense one's entries.
type doubled struct{ model.Dense[float32] }

func (d doubled) Apply(pool *linalg.Pool, dst, x linalg.Matrix[float32]) {
	d.Dense.Apply(pool, dst, x)
	for i := range dst.Data {
		dst.Data[i] *= 2
	}
}

// ready is a source that has tensor "w" in memory, of the shape that it says.
type ready struct {
	counting
	rows int
}

func (r *ready) Weight(at model.Slot, outputs, inputs int) (model.Weight[float32], bool, error) {
	if at.Tensor != "w.weight" && at.Tensor != "w" {
		return nil, false, nil
	}
	return doubled{model.Dense[float32]{Matrix: linalg.MatrixOf(r.rows, 2, slices.Repeat([]float32{1}, 2*r.rows))}}, true, nil
}

// TestReadyWeights has a source with weights in memory.
func TestReadyWeights(t *testing.T) {
	src := &ready{counting{shapes: map[string][]int{"w": {3, 2}, "w.weight": {3, 2}, "v.weight": {3, 2}}}, 3}
	l := NewLoader[float32](src)
	for name, want := range map[string]bool{"w": true, "v": false} {
		lin := l.Linear(LinearDescription{Name: name}, 3, 2)
		if _, ok := lin.Weight.(doubled); ok != want || l.Err() != nil {
			t.Errorf("%s is a %T, %v", name, lin.Weight, l.Err())
		}
	}
	if _, ok := NewLoader[float64](src).Linear(LinearDescription{Name: "w"}, 3, 2).Weight.(model.Dense[float64]); !ok {
		t.Error("a float64 weight is not dense")
	}
	table := NewTable[float32](src, "w", 3, 2)
	x := linalg.MatrixOf(1, 2, []float32{1, 2})
	dst := linalg.NewMatrix[float32](1, 3)
	if err := table.Product(nil, dst, x); err != nil || !slices.Equal(dst.Data, []float32{6, 6, 6}) {
		t.Errorf("the table's product is %v, %v", dst.Data, err)
	}
	src.rows = 4
	l.Linear(LinearDescription{Name: "w"}, 3, 2)
	if l.Err() == nil || !strings.Contains(l.Err().Error(), "must be 3 × 2") {
		t.Errorf("another shape: %v", l.Err())
	}
}
