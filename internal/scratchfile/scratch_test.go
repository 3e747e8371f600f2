package scratchfile

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// use writes to a scratch file, reads it back and closes it; open is called in
// between.
func use(t *testing.T, f *File, open func()) {
	t.Helper()
	if _, err := f.WriteAt([]byte("auxiliary"), 1<<20); err != nil {
		t.Fatal(err)
	}
	back := make([]byte, 4)
	if _, err := f.ReadAt(back, 1<<20+5); err != nil || string(back) != "iary" {
		t.Errorf("ReadAt gives %q, %v", back, err)
	}
	open()
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if err := f.Close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("the second Close says %v", err)
	}
}

// names returns the names in a folder.
func names(t *testing.T, dir string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	hidden, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil {
		t.Fatal(err)
	}
	return append(all, hidden...)
}

func TestCreate(t *testing.T) {
	dir := t.TempDir()
	f, err := Create(dir, ".scratch-*")
	if err != nil {
		t.Fatal(err)
	}
	use(t, f, func() {})
	if left := names(t, dir); len(left) > 0 {
		t.Errorf("closed, it leaves %v", left)
	}
}

// TestTempDir wants a file without a folder to be in the system's.
func TestTempDir(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "gone")
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} {
		t.Setenv(name, gone)
	}
	if f, err := Create("", "x-*"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Create(\"\") = %v, %v though the system's folder is not there", f, err)
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{filepath.Join(dir, "gone"), file} {
		if f, err := Create(bad, "x-*"); err == nil {
			t.Errorf("Create(%q) = %v", bad, f)
		}
	}
}
