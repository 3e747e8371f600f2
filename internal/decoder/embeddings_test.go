package decoder

import (
	"errors"
	"strings"
	"testing"

	"sparsellm/linalg"
)

// stored is a source of tensors with one row.
type stored map[string][]float32

func (s stored) Shape(name string) ([]int, bool) { v, ok := s[name]; return []int{1, len(v)}, ok }

func (s stored) ReadFloat32(name string, dst []float32) error { copy(dst, s[name]); return nil }

func (s stored) ReadFloat64(string, []float64) error { return errors.New("not this type") }

// comparing is stored that compares, or fails to.
type comparing struct {
	stored
	same bool
	err  error
}

func (c comparing) Equal(a, b string) (bool, error) { return c.same, c.err }

func TestEmbeddings(t *testing.T) {
	e, h := []float32{1, 2}, []float32{1, 3}
	for name, c := range map[string]struct {
		src         stored
		tied        bool // by the config
		still       bool
		words, head []float32
		missing     string
	}{
		"untied":                {stored{"e": e, "h": h}, false, false, e, h, ""},
		"untied, alike":         {stored{"e": e, "h": e}, false, false, e, e, ""},
		"untied without a head": {stored{"e": e}, false, false, nil, nil, "h"},
		"tied":                  {stored{"e": e}, true, true, e, e, ""},
		"tied, both there":      {stored{"e": e, "h": []float32{1, 2}}, true, true, e, e, ""},
		"tied, with the head":   {stored{"h": h}, true, true, h, h, ""},
		"tied, but not alike":   {stored{"e": e, "h": h}, true, false, e, h, ""},
		"tied, neither there":   {stored{}, true, true, nil, nil, "e"},
	} {
		t.Run(name, func(t *testing.T) {
			tied := c.tied
			w, head, err := Embeddings[float32](c.src, "e", "h", 1, 2, &tied)
			if err != nil || tied != c.still {
				t.Fatalf("tied %v, %v", tied, err)
			}
			check := NewChecker[float32](c.src)
			w.Check(check)
			head.Check(check)
			if c.missing != "" {
				if err := check.Err(); err == nil || !strings.Contains(err.Error(), "tensors that config.json implies, the first of them "+c.missing) && !strings.Contains(err.Error(), "no tensor "+c.missing) {
					t.Errorf("%v", err)
				}
				return
			}
			for table, want := range map[*Table[float32]][]float32{w: c.words, head: c.head} {
				if w == head {
					want = c.words
				}
				got := linalg.NewMatrix[float32](1, 2)
				if err := table.Rows([]int{0}, got); err != nil || got.At(0, 0) != want[0] || got.At(0, 1) != want[1] {
					t.Errorf("%v, %v, want %v", got.Data, err, want)
				}
			}
			if (w == head) != c.still {
				t.Errorf("one table: %v", w == head)
			}
		})
	}
	both := stored{"e": e, "h": h}
	tied := true
	if w, h, err := Embeddings[float32](comparing{both, true, nil}, "e", "h", 1, 2, &tied); err != nil || w != h || !tied {
		t.Errorf("the source's own comparison is not used: %v", err)
	}
	bad := errors.New("cannot read")
	if _, _, err := Embeddings[float32](comparing{both, false, bad}, "e", "h", 1, 2, &tied); !errors.Is(err, bad) {
		t.Errorf("%v", err)
	}
	// Of another shape, which its check then says.
	tied = true
	_, head, err := Embeddings[float32](stored{"e": e, "h": {1, 2, 3}}, "e", "h", 1, 2, &tied)
	if err != nil || tied {
		t.Fatalf("tied %v, %v", tied, err)
	}
	check := NewChecker[float32](stored{"e": e, "h": {1, 2, 3}})
	head.Check(check)
	if err := check.Err(); err == nil || !strings.Contains(err.Error(), "h has the shape [1 3]; by config.json it must be [1 2]") {
		t.Errorf("%v", err)
	}
}

// named is stored that knows its names.
type named struct {
	stored
	names []string
}

func (n named) Names() []string { return n.names }

// TestMissingTensors counts them, and says once which they are.
func TestMissingTensors(t *testing.T) {
	for name, c := range map[string]struct {
		there stored
		names []string
		want  string
	}{
		"none":      {stored{"a": {1}, "b": {1}, "c": {1}}, nil, ""},
		"one":       {stored{"a": {1}, "b": {1}}, nil, "the model has no tensor c"},
		"two":       {stored{"b": {1}}, []string{"b"}, "the model lacks 2 of the 3 tensors that config.json implies, the first of them a; what it has is named like b"},
		"all":       {stored{}, []string{"x"}, "lacks 3 of the 3 tensors that config.json implies, the first of them a; what it has is named like x"},
		"nothing":   {stored{}, []string{}, "it has none at all"},
		"and shape": {stored{"a": {1, 2}, "b": {1}}, []string{"x"}, "the model has no tensor c"},
	} {
		t.Run(name, func(t *testing.T) {
			src := named{c.there, c.names}
			check := NewChecker[float32](src)
			for _, x := range []string{"a", "b", "c"} {
				check.Matrix(x, 1, 1)
			}
			if err := check.Err(); (err == nil) != (c.want == "") || err != nil && !strings.HasSuffix(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}
