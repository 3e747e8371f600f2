package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestModelChanges changes the model's file while prune reads it.
func TestModelChanges(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files in use cannot be changed")
	}
	whole := filepath.Join(t.TempDir(), "whole")
	must(t, pruneArgs(deep(t, "opt-micro"), whole)...)
	for _, c := range []struct {
		name   string
		change func(t *testing.T, path string) error
		want   string // empty: the run is none the worse for it
	}{
		{"cut short", func(_ *testing.T, path string) error { return os.Truncate(path, 100_000) }, "file was changed while in use: "},
		{"emptied", func(_ *testing.T, path string) error { return os.Truncate(path, 0) }, "file was changed while in use: "},
		{"written to", func(t *testing.T, path string) error {
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			defer f.Close()
			time.Sleep(20 * time.Millisecond) // file systems' clocks tick so far apart
			_, err = f.WriteAt(make([]byte, 4096), 200_000)
			return err
		}, "file was changed while in use: "},
		{"grown", func(t *testing.T, path string) error {
			f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = f.Write([]byte("more"))
			return err
		}, "file was changed while in use: "},
		{"removed", func(_ *testing.T, path string) error { return os.Remove(path) }, ""},
		{"folder removed", func(_ *testing.T, path string) error { return os.RemoveAll(filepath.Dir(path)) }, "no such file or directory; the same command with --resume"},
		{"replaced", func(_ *testing.T, path string) error {
			other := path + ".other"
			if err := os.WriteFile(other, []byte("another model"), 0o666); err != nil {
				return err
			}
			return os.Rename(other, path)
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			model, out := deep(t, "opt-micro"), filepath.Join(t.TempDir(), "out")
			done := false
			o := runWith("block 3/", func(func()) {
				if !done {
					if err := c.change(t, filepath.Join(model, "model.safetensors")); err != nil {
						t.Error(err)
					}
				}
				done = true
			}, pruneArgs(model, out, "--quiet=false")...)
			t.Log(o.lastLine())
			if c.want == "" {
				if o.code != exitOK {
					t.Errorf("exit code %d: %s", o.code, o.err)
				}
				sameFolder(t, out, whole)
				return
			}
			if o.code != exitFailed || !strings.Contains(o.lastLine(), c.want) {
				t.Errorf("exit code %d: %s, want %q", o.code, o.err, c.want)
			}
			checkSentence(t, o.lastLine()+"\n")
			if got := listing(out); strings.Contains(got, "model.safetensors") {
				t.Errorf("the output folder has %q", got)
			}
		})
	}
}
