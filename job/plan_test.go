package job

import (
	"os"
	"path/filepath"
	"testing"
)

// TestShapeOf takes the shape of a folder, and of a config.json alone.
func TestShapeOf(t *testing.T) {
	text, err := os.ReadFile("../testdata/opt-micro/config.json")
	if err != nil {
		t.Fatal(err)
	}
	alone := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(alone, text, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"../testdata/opt-micro", alone} {
		if got, err := shapeOf(t.Context(), Hooks{}, name); err != nil || got.Hidden != 32 {
			t.Errorf("%s has the shape %+v, %v", name, got, err)
		}
	}
}
