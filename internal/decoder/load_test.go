package decoder

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"sparsellm/linalg"
)

// counting is a source of tensors of ones.
type counting struct {
	shapes map[string][]int
	reads  int
	err    error
}

func (s *counting) Shape(name string) ([]int, bool) { shape, ok := s.shapes[name]; return shape, ok }

func (s *counting) ReadFloat32(name string, dst []float32) error {
	s.reads++
	for i := range dst {
		dst[i] = 1
	}
	return s.err
}

func (s *counting) ReadFloat64(string, []float64) error { return errors.New("not this type") }

func TestLoader(t *testing.T) {
	bad := errors.New("cannot read")
	for _, c := range []struct {
		load func(l *Loader[float32])
		err  error
		want string
	}{
		{func(l *Loader[float32]) { l.Linear(LinearDescription{Name: "lin", Bias: true}, 3, 2) }, nil, ""},
		{func(l *Loader[float32]) { l.Vector("none", 3) }, nil, "the model has no tensor none"},
		{func(l *Loader[float32]) { l.Linear(LinearDescription{Name: "lin"}, 2, 3) }, nil, "tensor m.lin.weight has the shape [3 2]; by config.json it must be [2 3]"},
		{func(l *Loader[float32]) { l.Vector("m.lin.weight", 6) }, nil, "tensor m.lin.weight has the shape [3 2]; by config.json it must be [6]"},
		{func(l *Loader[float32]) { l.Vector("none", 3); l.Vector("never", 1) }, nil, "none"},
		{func(l *Loader[float32]) { l.Vector("m.lin.bias", 3) }, bad, "cannot read"},
	} {
		src := &counting{shapes: map[string][]int{"m.lin.weight": {3, 2}, "m.lin.bias": {3}}, err: c.err}
		l := NewLoader[float32](src)
		l.prefix = "m."
		c.load(l)
		if err := l.Err(); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("got the error %v, want %q", err, c.want)
		}
		if c.err != nil && !errors.Is(l.Err(), c.err) {
			t.Errorf("%v does not wrap the source's error", l.Err())
		}
		src.reads = 0
		check := NewChecker[float32](src)
		check.prefix = "m."
		c.load(check)
		if src.reads != 0 {
			t.Error("a checker reads")
		}
		if c.err == nil && (check.Err() == nil) != (c.want == "") {
			t.Errorf("a checker finds %v, want %q", check.Err(), c.want)
		}
	}
}

// TestTable checks that a table is read once while it is in use, and again
// after the garbage collector has had it.
func TestTable(t *testing.T) {
	src := &counting{shapes: map[string][]int{"e": {5, 2}}}
	table := NewTable[float32](src, "e", 5, 2)
	dst := linalg.NewMatrix[float32](2, 2)
	if err := table.Rows([]int{0, 4}, dst); err != nil {
		t.Fatal(err)
	}
	if dst.At(1, 1) != 1 {
		t.Errorf("rows are %v", dst.Data)
	}
	runtime.GC()
	logits := linalg.NewMatrix[float32](2, 5)
	if err := table.Product(nil, logits, dst); err != nil {
		t.Fatal(err)
	}
	if logits.At(1, 4) != 2 {
		t.Errorf("product is %v", logits.Data)
	}
	if src.reads != 2 {
		t.Errorf("read %d times, not 2", src.reads)
	}
}
