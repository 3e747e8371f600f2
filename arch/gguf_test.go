package arch_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestConverted reads what llama.cpp's own script made of the models of
// testdata/today: SPARSELLM_GGUF_TODAY is the folder of testdata/gguf_today.py.
func TestConverted(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(os.Getenv("SPARSELLM_GGUF_TODAY"), "*.gguf"))
	if len(files) == 0 {
		t.Skip("SPARSELLM_GGUF_TODAY is not set")
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".gguf")
		t.Run(name, func(t *testing.T) {
			rows := "../testdata/today/" + name
			dir := strings.TrimSuffix(file, ".gguf") // with another config.json
			if _, err := os.Stat(dir); err != nil {
				dir = rows
			}
			// The file rounds to float32 some forty times, one after another: numbers
			// of the config, and, of Gemma, what norms are with the 1 that is added.
			if d := lossOf[float64](t, file, rows) - lossOf[float64](t, dir, rows); !(math.Abs(d) < 40*0x1p-24) {
				t.Errorf("the log-likelihood is off by %.1e", d)
			}
		})
	}
}
