package job

import (
	"testing"

	"sparsellm/linalg"
)

// TestFileStorage keeps and returns rows.
func TestFileStorage(t *testing.T) {
	file, err := newFileStorage[float32](t.TempDir(), 3)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, r := range [][2]int{{0, 2}, {2, 4}, {4, 5}} {
		m := linalg.NewMatrix[float32](r[1]-r[0], 3)
		for i := range m.Data {
			m.Data[i] = float32(3*r[0] + i)
		}
		if err := file.Save(r[0], m); err != nil {
			t.Fatal(err)
		}
	}
	got := linalg.NewMatrix[float32](3, 3)
	if err := file.Load(1, got); err != nil {
		t.Fatal(err)
	}
	for i, v := range got.Data {
		if v != float32(3+i) {
			t.Errorf("element %d is %v", i, v)
		}
	}
}
