package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// smallDisk mounts a file system of so many bytes, for which the test must be
// root.
func smallDisk(t *testing.T, size int64) string {
	t.Helper()
	dir := t.TempDir()
	err := unix.Mount("sparsellm-test", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size))
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		t.Skip("may not mount a file system")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill leaves so many bytes free on a disk, in whole pages.
func fill(t *testing.T, dir string, free int64) {
	t.Helper()
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		t.Fatal(err)
	}
	n := max(int64(st.Bavail)-free/st.Bsize, 0) * st.Bsize
	write(t, filepath.Join(dir, "filler"), strings.Repeat("x", int(n)))
}

// TestDiskFull runs into a full disk at each step: one sentence, no file under
// its final name, and, once there is room again, a resumed run that ends as
// one does that had room.
func TestDiskFull(t *testing.T) {
	model, whole := deep(t, "opt-micro"), filepath.Join(t.TempDir(), "whole")
	input := string(read(t, filepath.Join(model, "model.safetensors")))
	args := func(out string, more ...string) []string {
		return pruneArgs(model, out, append([]string{"--quiet=false"}, more...)...)
	}
	must(t, args(whole)...)
	size := int64(len(input))
	check := func(t *testing.T, o outcome, out, want, remains string) {
		t.Helper()
		t.Log(o.lastLine())
		if o.code != exitFailed || !strings.Contains(o.lastLine(), want) {
			t.Errorf("exit code %d: %s, want %q", o.code, o.err, want)
		}
		checkSentence(t, o.lastLine()+"\n")
		if got := listing(out); got != remains {
			t.Errorf("the output folder has %q, want %q", got, remains)
		}
		if string(read(t, filepath.Join(model, "model.safetensors"))) != input {
			t.Error("the input has changed")
		}
	}

	t.Run("for the model", func(t *testing.T) {
		disk := smallDisk(t, size/2)
		out := filepath.Join(disk, "out")
		check(t, sparse(args(out)...), out, "no space left on device", "")
		if listing(disk) != "" {
			t.Errorf("the disk has %q", listing(disk))
		}
	})
	t.Run("for the state", func(t *testing.T) {
		disk := smallDisk(t, size+256<<10)
		out := filepath.Join(disk, "out")
		// From the start there is room for the settings and the journal, but
		// not for the activations.
		o := runWith("dense:", func(func()) { fill(t, disk, 12<<10) },
			append(args(out), "--eval", filepath.Join(model, "test.rows.json"), "--eval-windows", "1")...)
		if n := strings.Count(o.err, "warning: no room to save the run after block 1, "); n != 1 || o.code != exitOK {
			t.Errorf("%d warnings of no room to save the run: exit code %d: %s", n, o.code, o.err)
		}
		t.Log(strings.Split(o.err, "\n")[1])
		sameFolder(t, out, whole)
	})
	t.Run("between blocks", func(t *testing.T) {
		disk := smallDisk(t, size+256<<10)
		out := filepath.Join(disk, "out")
		o := runWith("block 2/", func(func()) { fill(t, disk, 0) }, args(out)...)
		check(t, o, out, "no space left on device; the same command with --resume goes on at block ", ".sparsellm-partial")
		if err := os.Remove(filepath.Join(disk, "filler")); err != nil {
			t.Fatal(err)
		}
		must(t, args(out, "--resume")...)
		sameFolder(t, out, whole)
	})
	t.Run("for the rest of the folder", func(t *testing.T) {
		disk := smallDisk(t, size+256<<10)
		out := filepath.Join(disk, "out")
		o := runWith(fmt.Sprintf("block %d/", deepBlocks), func(func()) { fill(t, disk, 0) }, args(out)...)
		check(t, o, out, fmt.Sprintf("no space left on device; the same command with --resume goes on at block %d/%[1]d", deepBlocks), ".sparsellm-partial")
		if err := os.Remove(filepath.Join(disk, "filler")); err != nil {
			t.Fatal(err)
		}
		must(t, args(out, "--resume")...)
		sameFolder(t, out, whole)
	})
	t.Run("for the result", func(t *testing.T) {
		disk := smallDisk(t, 4<<10)
		out := filepath.Join(t.TempDir(), "out")
		fill(t, disk, 0)
		o := sparse(args(out, "--json", filepath.Join(disk, "result.json"))...)
		t.Log(o.lastLine())
		want := "the pruned model is complete in " + out
		if o.code != exitFailed || !strings.Contains(o.lastLine(), want) || listing(disk) != "filler" {
			t.Errorf("exit code %d: %s; the disk has %q", o.code, o.err, listing(disk))
		}
		sameFolder(t, out, whole)
	})
}

// TestUnwritable writes to where nothing can be written.
func TestUnwritable(t *testing.T) {
	disk := smallDisk(t, 1<<20)
	if err := unix.Mount("", disk, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Skip(err)
	}
	for _, c := range []struct {
		out, want string
		more      []string
	}{
		{filepath.Join(disk, "out"), "read-only file system", nil},
		{disk, "read-only file system", nil},
		{"/proc/out", "no such file or directory", nil},
		{"/dev/null/out", "not a directory", nil},
	} {
		o := sparse(pruneArgs(micro("opt-micro"), c.out, c.more...)...)
		t.Log(o.lastLine())
		if o.code != exitFailed || !strings.Contains(o.err, c.want) {
			t.Errorf("exit code %d: %s, want %q", o.code, o.err, c.want)
		}
		checkSentence(t, o.err)
	}
}

// TestConvertDiskFull: of a file that does not fit nothing is left.
func TestConvertDiskFull(t *testing.T) {
	disk := smallDisk(t, 1<<20)
	fill(t, disk, 32<<10)
	o := sparse("convert", micro("llama-micro"), "--out", filepath.Join(disk, "x.gguf"))
	if o.code != exitFailed || !strings.Contains(o.err, "no space left") || !strings.Contains(o.err, "which needs") {
		t.Errorf("exit code %d: %s", o.code, o.err)
	}
	if left, _ := os.ReadDir(disk); len(left) != 1 {
		t.Errorf("%v were left", left)
	}
}
