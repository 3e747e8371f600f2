package checkpoint_test

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sparsellm/checkpoint"
	"sparsellm/linalg"
	"sparsellm/model"
)

var (
	_ model.Source = (*checkpoint.Checkpoint)(nil)
	_ model.Source = (*checkpoint.Overlay)(nil)
)

const optMicro = "../testdata/opt-micro"

// variant returns a folder of /work/shared/models, or skips.
func variant(t testing.TB, name string) string {
	dir := filepath.Join("../../shared/models", name)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("%s is not beside this repository", dir)
	}
	return dir
}

func open(t testing.TB, dir string) *checkpoint.Checkpoint {
	t.Helper()
	c, err := checkpoint.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func create(t testing.TB, c *checkpoint.Checkpoint, dir string, opt checkpoint.Options) *checkpoint.Writer {
	t.Helper()
	w, err := checkpoint.Create(c, dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Abort() })
	return w
}

func tensor(t testing.TB, s model.Source, name string) []float64 {
	t.Helper()
	shape, ok := s.Shape(name)
	if !ok {
		t.Fatalf("no tensor %s", name)
	}
	n := 1
	for _, d := range shape {
		n *= d
	}
	x := make([]float64, n)
	if err := s.ReadFloat64(name, x); err != nil {
		t.Fatal(err)
	}
	return x
}

// store stores all of a tensor.
func store[T linalg.Float](c *checkpoint.Checkpoint, o checkpoint.Output, name string, data []T) error {
	shape, _ := c.Shape(name)
	w := linalg.NewMatrix[T](shape[0], len(data)/shape[0])
	copy(w.Data, data)
	return checkpoint.SinkOf[T](o).Store(model.Whole(name), w)
}

func listing(t testing.TB, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func sameFile(t testing.TB, a, b string) {
	t.Helper()
	x, err := os.ReadFile(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := os.ReadFile(b)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(x, y) {
		t.Errorf("%s and %s differ", a, b)
	}
}

func TestUnchangedCopyIsIdentical(t *testing.T) {
	for _, dir := range []string{optMicro, "../testdata/llama-micro", "variants/llama-micro-bf16-sharded", "variants/opt-micro-noprefix"} {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			if strings.HasPrefix(dir, "variants") {
				dir = variant(t, dir)
			}
			c := open(t, dir)
			out := filepath.Join(t.TempDir(), "out")
			w := create(t, c, out, checkpoint.Options{})
			if err := w.Commit(); err != nil {
				t.Fatal(err)
			}
			for _, name := range strings.Fields(listing(t, out)) {
				sameFile(t, filepath.Join(dir, name), filepath.Join(out, name))
			}
			for _, name := range strings.Fields(listing(t, dir)) {
				if _, err := os.Stat(filepath.Join(out, name)); err != nil && !strings.HasSuffix(name, ".rows.json") {
					t.Errorf("%s is missing from the output", name)
				}
			}
		})
	}
}

// TestCarriedFiles gives names of files that go along to what is none.
func TestCarriedFiles(t *testing.T) {
	model, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	if err := os.CopyFS(model, os.DirFS(optMicro)); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		os.Mkdir(filepath.Join(model, "LICENSES"), 0o755),
		os.WriteFile(filepath.Join(model, "LICENSE-2.0.txt"), []byte("free"), 0o644),
		os.Symlink("LICENSE-2.0.txt", filepath.Join(model, "NOTICE")),
		os.Symlink("nowhere", filepath.Join(model, "vocab.json")),
	} {
		if err != nil {
			t.Skip(err)
		}
	}
	if err := create(t, open(t, model), out, checkpoint.Options{}).Commit(); err != nil {
		t.Fatal(err)
	}
	if got, want := listing(t, out), "LICENSE-2.0.txt NOTICE config.json model.safetensors tokenizer.json"; got != want {
		t.Errorf("the output has %q, want %q", got, want)
	}
	sameFile(t, filepath.Join(model, "LICENSE-2.0.txt"), filepath.Join(out, "NOTICE"))
}

func TestWriteConvertsAndRounds(t *testing.T) {
	c := open(t, optMicro)
	for _, d := range []checkpoint.DType{0, checkpoint.F16, checkpoint.BF16, checkpoint.F64} {
		out := filepath.Join(t.TempDir(), "out")
		w := create(t, c, out, checkpoint.Options{DType: d})
		over, err := checkpoint.NewOverlay(c, d)
		if err != nil {
			t.Fatal(err)
		}
		const name = "model.decoder.layers.1.fc1.weight"
		x := tensor(t, c, name)
		for i := range x {
			x[i] *= math.Pi
		}
		x32 := make([]float32, len(x))
		for i := range x {
			x32[i] = float32(x[i])
		}
		if err := store(c, w, "decoder.layers.1.fc1.weight", x); err != nil { // without its prefix
			t.Fatal(err)
		}
		if err := store(c, over, name, x); err != nil {
			t.Fatal(err)
		}
		if err := store(c, w, "model.decoder.layers.0.fc2.weight", x32); err != nil {
			t.Fatal(err)
		}
		if err := store(c, over, "model.decoder.layers.0.fc2.weight", x32); err != nil {
			t.Fatal(err)
		}
		before := map[string][]float64{}
		for _, n := range c.Names() {
			before[n] = tensor(t, over, n)
		}
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		o := open(t, out)
		if diff := cmp.Diff(c.Names(), o.Names()); diff != "" {
			t.Errorf("names (-before +now):\n%s", diff)
		}
		stored := d
		if stored == 0 {
			stored = checkpoint.F32
		}
		for _, n := range o.Names() {
			got := tensor(t, o, n)
			if !slices.Equal(got, before[n]) {
				t.Errorf("%v: %s is not what the overlay has", d, n)
			}
			want := tensor(t, c, n)
			switch n {
			case name:
				want = slices.Clone(x)
			case "model.decoder.layers.0.fc2.weight":
				for i := range want {
					want[i] = float64(x32[i])
				}
			}
			checkpoint.SinkOf[float64](over).Round(model.Whole(n), linalg.Matrix[float64]{Rows: 1, Cols: len(want), Stride: len(want), Data: want})
			if !slices.Equal(got, want) {
				t.Errorf("%v: %s has the wrong values", d, n)
			}
			if dt, _ := o.DType(n); dt != stored {
				t.Errorf("%s is stored as %v, want %v", n, dt, stored)
			}
		}
		want := map[checkpoint.DType]string{0: `"float32"`, checkpoint.F16: `"float16"`, checkpoint.BF16: `"bfloat16"`, checkpoint.F64: `"float64"`}[d]
		if !bytes.Contains(o.Config(), []byte(`"torch_dtype": `+want)) {
			t.Errorf("config.json does not say %s:\n%s", want, o.Config())
		}
	}
}

func TestAbortLeavesNothing(t *testing.T) {
	c := open(t, optMicro)
	parent := t.TempDir()
	w := create(t, c, filepath.Join(parent, "a", "b", "out"), checkpoint.Options{})
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
	if got := listing(t, parent); got != "" {
		t.Errorf("left %q", got)
	}
	if err := os.Mkdir(filepath.Join(parent, "there"), 0o755); err != nil {
		t.Fatal(err)
	}
	w = create(t, c, filepath.Join(parent, "there"), checkpoint.Options{})
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
	if got := listing(t, filepath.Join(parent, "there")); got != "" {
		t.Errorf("left %q", got)
	}
	if got := listing(t, parent); got != "there" {
		t.Errorf("removed a folder that it did not make: %q", got)
	}
}

func TestWriteMask(t *testing.T) {
	c := open(t, optMicro)
	const name = "model.decoder.layers.0.fc1.weight"
	out := filepath.Join(t.TempDir(), "out")
	w := create(t, c, out, checkpoint.Options{})
	x := tensor(t, c, name)
	for i := range x {
		if i%3 == 0 {
			x[i] = 0
		}
	}
	if err := store(c, w, name, x); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "model.safetensors")
	if err := open(t, out).WriteMask(path, []string{name}); err != nil {
		t.Fatal(err)
	}
	masks := open(t, dir)
	if d, _ := masks.DType(name); d != checkpoint.Bool {
		t.Errorf("masks are %v", d)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b = b[len(b)-len(x):]
	for i, v := range x {
		if (b[i] == 1) != (v != 0) || b[i] > 1 {
			t.Fatalf("mask of element %d, %v, is %d", i, v, b[i])
		}
	}
	if err := c.WriteMask(path, []string{"none"}); !errors.Is(err, checkpoint.ErrNoTensor) {
		t.Errorf("%v", err)
	}
}

func TestOutputRefused(t *testing.T) {
	model := t.TempDir()
	for _, n := range []string{"config.json", "model.safetensors"} {
		b, err := os.ReadFile(filepath.Join(optMicro, n))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(model, n), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c := open(t, model)
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "x"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(model, link); err != nil {
		t.Skip(err)
	}
	for dir, want := range map[string]string{
		model:                          "own folder",
		filepath.Join(model, "a", "b"): "inside",
		link:                           "own folder",
		filepath.Join(link, "new"):     "inside",
		full:                           "not empty",
		filepath.Join(full, "x"):       "not a folder",
	} {
		_, err := checkpoint.Create(c, dir, checkpoint.Options{})
		if !errors.Is(err, checkpoint.ErrOutput) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", dir, err, want)
		}
	}
	if got := listing(t, model); got != "config.json model.safetensors" {
		t.Errorf("the model's folder has %q", got)
	}
	w := create(t, c, model, checkpoint.Options{Force: true, DType: checkpoint.F16})
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := listing(t, model); got != "config.json model.safetensors" {
		t.Errorf("after writing over it, the model's folder has %q", got)
	}
	if d, _ := open(t, model).DType("lm_head.weight"); d == checkpoint.F32 {
		t.Error("the model was not replaced")
	}
}
