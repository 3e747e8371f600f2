package arch_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	goldens "sparsellm/internal/golden"
	"sparsellm/linalg"
	"sparsellm/perplexity"
)

// TestToday compares tiny models of today's architectures with the
// log-likelihood that transformers 5.24 found of them.
func TestToday(t *testing.T) {
	dirs, err := filepath.Glob("../testdata/today/*/config.json")
	if err != nil || len(dirs) == 0 {
		t.Fatal("there are no models")
	}
	for _, config := range dirs {
		dir := filepath.Dir(config)
		t.Run(filepath.Base(dir), func(t *testing.T) { compareLoss(t, dir) })
	}
}

// compareLoss compares a model's log-likelihood of its folder's test rows with
// what transformers found.
func compareLoss(t *testing.T, dir string) {
	t.Helper()
	text, err := os.ReadFile(dir + "/expect.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct{ NLL, NLL32 float64 }
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	d64, d32 := lossOf[float64](t, dir, dir)-want.NLL, lossOf[float32](t, dir, dir)-want.NLL
	t.Logf("off by %.1e in float64, %.1e in float32 (PyTorch's float32: %.1e)", d64, d32, want.NLL32-want.NLL)
	// In float64, too, transformers computes norms, rotary positions and
	// routes in float32: some forty roundings, one after another.
	const tolerance = 40 * 0x1p-24
	if !(math.Abs(d64) < tolerance) {
		t.Errorf("float64: the log-likelihood is off by %.1e", d64)
	}
	if !(math.Abs(d32) < tolerance) {
		t.Errorf("float32: the log-likelihood is off by %.1e", d32)
	}
}

// lossOf returns the mean next-token loss of a model over the test rows of a
// folder.
func lossOf[T linalg.Float](t *testing.T, path, dir string) float64 {
	t.Helper()
	var rows [][]int
	text, err := os.ReadFile(dir + "/test.rows.json")
	if err == nil {
		err = json.Unmarshal(text, &rows)
	}
	if err != nil {
		t.Fatal(err)
	}
	r, err := perplexity.Of(context.Background(), linalg.NewPool(2), goldens.Model[T](t, path), rows, nil)
	if err != nil {
		t.Fatal(err)
	}
	return math.Log(r.Perplexity)
}
