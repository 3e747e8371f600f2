package prune

import (
	"strings"
	"testing"

	"sparsellm/checkpoint"
	"sparsellm/linalg"
)

func openModel(t testing.TB, dir string) *checkpoint.Checkpoint {
	t.Helper()
	c, err := checkpoint.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// readMatrix reads a tensor in float64, a vector as one row.
func readMatrix(t testing.TB, c *checkpoint.Checkpoint, name string) linalg.Matrix[float64] {
	t.Helper()
	shape, ok := c.Shape(name)
	if !ok {
		t.Fatalf("no tensor %s", name)
	}
	rows := 1
	if len(shape) == 2 {
		rows = shape[0]
	}
	m := linalg.NewMatrix[float64](rows, shape[len(shape)-1])
	if err := c.ReadFloat64(name, m.Data); err != nil {
		t.Fatal(err)
	}
	return m
}

func transposed[T linalg.Float](m linalg.Matrix[T]) linalg.Matrix[T] {
	t := linalg.NewMatrix[T](m.Cols, m.Rows)
	for i := range m.Rows {
		for j, v := range m.Row(i) {
			t.Set(j, i, v)
		}
	}
	return t
}

func replaceDot(s string) string { return strings.Replace(s, ".", " ", 1) }

func scale[T linalg.Float](m linalg.Matrix[T], by T) {
	for i := range m.Rows {
		row := m.Row(i)
		for j := range row {
			row[j] *= by
		}
	}
}

// testActivation is that of a network with or without a gate.
func testActivation(gated bool) string {
	if gated {
		return "silu"
	}
	return "relu"
}

// activate writes the activations of a network to dst.
func activate(n *FFN[float64], dst, z, s linalg.Matrix[float64]) {
	f, err := phiOf[float64](n.Activation, n.gated())
	if err != nil {
		panic(err)
	}
	f.activate(nil, dst, z, s)
}
