//go:build unix

package scratchfile

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// TestNoName wants a file that is open to have no name, made either way.
func TestNoName(t *testing.T) {
	for name, make := range map[string]func(dir, pattern string) (*File, error){"create": create, "createUnlinked": createUnlinked} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			f, err := make(dir, ".scratch-*")
			if err != nil {
				t.Fatal(err)
			}
			use(t, f, func() {
				if left := names(t, dir); len(left) > 0 {
					t.Errorf("open, it has the names %v", left)
				}
				if runtime.GOOS != "linux" {
					return
				}
				where, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", f.Fd()))
				if err != nil || !strings.HasPrefix(where, dir) || !strings.HasSuffix(where, " (deleted)") {
					t.Errorf("/proc/self/fd says it is %q, %v", where, err)
				}
			})
		})
	}
}

// TestKilled wants nothing to be left of a process that is killed while it has
// a scratch file. The process is this test, run anew.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("SCRATCHFILE_TEST_DIR"); dir != "" {
		f, err := Create(dir, ".scratch-*")
		if err == nil {
			_, err = f.WriteString("auxiliary")
		}
		fmt.Println("ready", err)
		select {}
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$")
	cmd.Env = append(os.Environ(), "SCRATCHFILE_TEST_DIR="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := make([]byte, len("ready <nil>"))
	if _, err := out.Read(said); err != nil || string(said) != "ready <nil>" {
		t.Errorf("it says %q, %v", said, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // the error is the signal
	if left := names(t, dir); len(left) > 0 {
		t.Errorf("killed, it leaves %v", left)
	}
}
