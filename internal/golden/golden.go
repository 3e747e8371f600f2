// Package golden opens models, and reads the PyTorch outputs that tests compare
// with. Only tests import it.
package golden

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"sparsellm/checkpoint"
	"sparsellm/linalg"
)

// Case is one run of the original code: its settings and results, and its
// tensors, if any were kept.
type Case struct {
	Settings
	tensors *checkpoint.Checkpoint
}

// Settings are a case's NAME.json.
type Settings struct {
	Family      string  `json:"family"`
	DType       string  `json:"dtype"`
	Samples     int     `json:"nsamples"`
	SeqLen      int     `json:"seqlen"`
	Sparsity    float64 `json:"sparsity"`
	Zeros       int     `json:"prune_n"` // of every Of
	Of          int     `json:"prune_m"`
	BlockSize   int     `json:"blocksize"`
	Damping     float64 `json:"percdamp"`
	Bits        int     `json:"wbits"`
	Epochs      int     `json:"epochs"`
	DensePerpl  float64 `json:"ppl_dense"`
	PrunedPerpl float64 `json:"ppl_pruned"`
}

// Open reads case dir/name.json and, if it is there, name.safetensors.
func Open(t testing.TB, dir, name string) *Case {
	t.Helper()
	c := &Case{}
	b, err := os.ReadFile(filepath.Join(dir, name+".json"))
	if err == nil {
		err = json.Unmarshal(b, &c.Settings)
	}
	if err != nil {
		t.Fatal(err)
	}
	path, err := filepath.Abs(filepath.Join(dir, name+".safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err == nil {
		c.tensors = openTensors(t, path)
	}
	return c
}

// openTensors opens a lone safetensors file as the model folder it is not.
func openTensors(t testing.TB, path string) *checkpoint.Checkpoint {
	folder := t.TempDir()
	if err := os.Symlink(path, filepath.Join(folder, "model.safetensors")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "config.json"), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := checkpoint.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// Tensor returns a matrix of the case in float64; a vector is one row. The
// second result is false if there is none of that name.
func (c *Case) Tensor(t testing.TB, name string) (linalg.Matrix[float64], bool) {
	t.Helper()
	if c.tensors == nil {
		return linalg.Matrix[float64]{}, false
	}
	shape, ok := c.tensors.Shape(name)
	if !ok {
		return linalg.Matrix[float64]{}, false
	}
	rows, cols := 1, shape[len(shape)-1]
	for _, d := range shape[:len(shape)-1] {
		rows *= d
	}
	m := linalg.NewMatrix[float64](rows, cols)
	if err := c.tensors.ReadFloat64(name, m.Data); err != nil {
		t.Fatal(err)
	}
	return m, true
}

// Rows returns the first n rows of a *.rows.json file, cut to length.
func Rows(t testing.TB, path string, n, length int) [][]int {
	t.Helper()
	b, err := os.ReadFile(path)
	var rows [][]int
	if err == nil {
		err = json.Unmarshal(b, &rows)
	}
	if err != nil {
		t.Fatal(err)
	}
	rows = rows[:n]
	for i, r := range rows {
		rows[i] = r[:length]
	}
	return rows
}
