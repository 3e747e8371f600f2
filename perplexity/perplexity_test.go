package perplexity_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"sparsellm/arch"
	"sparsellm/checkpoint"
	"sparsellm/linalg"
	"sparsellm/model"
	"sparsellm/perplexity"
)

const shared = "../../shared"

func open[T linalg.Float](t testing.TB, dir string) model.Model[T] {
	t.Helper()
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no such model on this machine: %v", err)
	}
	c, err := checkpoint.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	m, err := arch.Open[T](c.Config(), c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// readRows returns the first n rows of a file, cut to seqlen tokens.
func readRows(t testing.TB, path string, n, seqlen int) [][]int {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]int
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatal(err)
	}
	rows = rows[:min(n, len(rows))]
	for i, row := range rows {
		rows[i] = row[:min(seqlen, len(row))]
	}
	return rows
}

func of[T linalg.Float](t testing.TB, dir string, rows [][]int) float64 {
	t.Helper()
	r, err := perplexity.Of(context.Background(), linalg.NewPool(2), open[T](t, dir), rows, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r.Perplexity
}

// TestDense compares with the perplexities that PyTorch finds, over the first
// 32 rows. The truth for LLaMA is transformers with its norms, rotations,
// softmax and logits in float64, too, which it computes in float32 as it
// comes whatever the model's dtype.
func TestDense(t *testing.T) {
	const (
		tolerance64 = 1e-12   // about a hundred rounding errors per loss, 4000 units
		tolerance32 = 0x1p-23 // PyTorch's own distance is up to 1e-7
	)
	for _, c := range []struct {
		dir    string
		seqlen int
		want   float64
	}{
		{"../testdata/opt-micro", 64, 47.457506091256334},
		{"../testdata/opt-micro", 32, 48.55387982308073},
		{"../testdata/llama-micro", 64, 26.212693181958354},
		{"../testdata/llama-micro", 32, 28.18270046341264},
		{shared + "/models/opt-tiny-4m", 256, 115.82900238108604},
		{shared + "/models/stories260k", 128, 15.850716911655901},
	} {
		t.Run(fmt.Sprintf("%s-%d", filepath.Base(c.dir), c.seqlen), func(t *testing.T) {
			if _, err := os.Stat(c.dir); err != nil {
				t.Skipf("no such model on this machine: %v", err)
			}
			rows := readRows(t, filepath.Join(c.dir, "test.rows.json"), 32, c.seqlen)
			d64 := of[float64](t, c.dir, rows)/c.want - 1
			d32 := of[float32](t, c.dir, rows)/c.want - 1
			t.Logf("relative error in float64 %.1e, in float32 %.1e", d64, d32)
			if !(math.Abs(d64) < tolerance64) {
				t.Errorf("perplexity in float64 is off by %.1e", d64)
			}
			if !(math.Abs(d32) < tolerance32) {
				t.Errorf("perplexity in float32 is off by %.1e", d32)
			}
		})
	}
}
