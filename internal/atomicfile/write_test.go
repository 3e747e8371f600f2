package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// listing returns the names in a folder.
func listing(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "result.json")
	// One that a killed process has left.
	if err := os.WriteFile(aside(path), []byte("something longer than the rest"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"first", "second", ""} {
		if err := WriteBytes(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got := content(t, path); got != text {
			t.Errorf("the file has %q, not %q", got, text)
		}
		if got := listing(t, dir); got != "result.json" {
			t.Errorf("the folder has %q", got)
		}
	}
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	mode := func(path string) fs.FileMode {
		st, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return st.Mode()
	}
	if a, b := mode(path), mode(plain); a != b {
		t.Errorf("the mode is %v, that of a plain file %v", a, b)
	}
}

// TestWriteFails leaves the old file and no other.
func TestWriteFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "result.json")
	if err := WriteBytes(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	failure := errors.New("no numbers")
	err := Write(path, func(w io.Writer) error {
		if _, err := io.WriteString(w, "ne"); err != nil {
			t.Error(err)
		}
		return failure
	})
	if !errors.Is(err, failure) || content(t, path) != "old" || listing(t, dir) != "result.json" {
		t.Errorf("%v; the file has %q, the folder %q", err, content(t, path), listing(t, dir))
	}
	folder := filepath.Join(dir, "folder")
	if err := os.Mkdir(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{filepath.Join(dir, "gone", "x"), folder, filepath.Join(path, "x")} {
		if err := WriteBytes(bad, []byte("new")); err == nil {
			t.Errorf("it writes to %s", bad)
		}
	}
	if got := listing(t, dir); got != "folder result.json" {
		t.Errorf("the folder has %q", got)
	}
}

// TestKilled kills a process amid a write.
func TestKilled(t *testing.T) {
	if path := os.Getenv("ATOMICFILE_TEST"); path != "" {
		_ = Write(path, func(w io.Writer) error {
			_, err := io.WriteString(w, "half")
			fmt.Println("ready", err)
			select {}
		})
		return
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "result.json")
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$")
	cmd.Env = append(os.Environ(), "ATOMICFILE_TEST="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := make([]byte, len("ready <nil>"))
	if _, err := io.ReadFull(out, said); err != nil || string(said) != "ready <nil>" {
		t.Errorf("it says %q, %v", said, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // the error is the signal
	want := ""
	if runtime.GOOS != "linux" {
		want = ".result.json.new"
	}
	if got := listing(t, dir); got != want {
		t.Errorf("killed, it leaves %q", got)
	}
}
