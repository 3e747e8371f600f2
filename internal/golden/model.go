package golden

import (
	"testing"

	"sparsellm/arch"
	"sparsellm/checkpoint"
	"sparsellm/linalg"
	"sparsellm/model"
)

// Model opens the model in a folder, for as long as the test runs.
func Model[T linalg.Float](t testing.TB, dir string) model.Model[T] {
	t.Helper()
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
