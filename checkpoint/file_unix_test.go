//go:build unix && !nommap

package checkpoint

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A file cut short between the look at its size and the read of its pages
// makes the system send SIGBUS.
func TestFaultIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, make([]byte, 1<<20), 0o644); err != nil {
		t.Fatal(err)
	}
	x, err := openFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	err = x.use(0, 1<<20, func(b []byte) error {
		if err := os.Truncate(path, 0); err != nil {
			t.Fatal(err)
		}
		decode(F16, make([]float32, len(b)/2), b)
		return nil
	})
	if !errors.Is(err, ErrChanged) {
		t.Errorf("%v", err)
	}
	defer func() {
		if recover() != "mine" {
			t.Error("use swallowed a panic that is no fault of the file's")
		}
	}()
	_ = oneByte(t).use(0, 1, func([]byte) error { panic("mine") })
}

// A pipe without a writer must not keep Open waiting.
func TestPipeIsRefused(t *testing.T) {
	dir := folder(t, map[string]string{"config.json": "{}"})
	if err := unix.Mkfifo(filepath.Join(dir, "model.safetensors"), 0o644); err != nil {
		t.Skip(err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("%v", err)
	}
}

func oneByte(t *testing.T) *file {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	x, err := openFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	return x
}
